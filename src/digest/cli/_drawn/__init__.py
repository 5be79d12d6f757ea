"""What is drawn where a person looks: loaded only there, because it takes as long to load as a short command to run."""
