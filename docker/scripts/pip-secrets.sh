# shellcheck shell=bash
# Let pip use the certificates and the configuration that a build was lent. Sourced.
if [[ -s /run/secrets/ca ]]; then export PIP_CERT=/run/secrets/ca; fi
if [[ -s /run/secrets/pipconf ]]; then export PIP_CONFIG_FILE=/run/secrets/pipconf; fi
