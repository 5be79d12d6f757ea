import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_built_wheel_makes_and_sends_a_newsletter_elsewhere(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    unpacked = tmp_path / "site"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(unpacked)
    assert not (unpacked / "digest" / "shipped" / "digest.key").exists()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = os.environ | {"PYTHONPATH": str(unpacked)}

    def digest(*arguments: str) -> str:
        command = [sys.executable, "-m", "digest", *arguments]
        done = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    digest("init", "paper")
    assert (elsewhere / "paper" / "digest.key").stat().st_mode & 0o777 == 0o600
    where = "import digest.core.defaults as d; print(d.shipped())"
    found = subprocess.run([sys.executable, "-c", where], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str(unpacked / "digest" / "shipped")
    assert "sent 3 of 3" in digest("--home", "paper", "send", "demo")
    assert len(list((elsewhere / "paper" / "outbox" / "new").iterdir())) == 3
