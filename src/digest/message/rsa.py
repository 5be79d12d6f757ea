"""A private RSA key in PEM -> what signs with it; only this file knows the package cryptography, an extra."""

from collections.abc import Callable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def load(pem: bytes) -> tuple[int, Callable[[bytes], bytes]]:
    """The key's bits, and a function that signs with it: RSA, PKCS#1 v1.5, SHA-256; ValueError if it is none."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("no private key in PEM that needs no password") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not an RSA key")  # noqa: TRY004 - the key is wrong, not the caller's type
    scheme, digest = padding.PKCS1v15(), hashes.SHA256()
    return key.key_size, lambda data: key.sign(data, scheme, digest)
