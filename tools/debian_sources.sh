# Sourced: where this machine's own apt gets Debian from, so that no host stands in the project.
# shellcheck shell=bash

# One line "URI RELEASE COMPONENT" for each Debian source of this machine.
debian_sources() {
    # shellcheck disable=SC2016  # apt fills these in
    apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk '$1 == "Debian" { print $2, $3, $4 }' | sort -u
}
