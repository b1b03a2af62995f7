"""Settings and the reasons for them; a package, so that gin finds its files from any folder."""
