"""The files between the stages, the compiler and upstream's tools; read and written here alone."""
