"""Builds images: by BuildKit, or by the same scripts without it, from a locked base."""
