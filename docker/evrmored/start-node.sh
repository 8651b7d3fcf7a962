#!/bin/sh
# Starts evrmored. A configuration file that it cannot find or read is no error to evrmored: it starts with its defaults and
# says nothing, and a chain that was synced without txindex has to be synced again. So this looks first.
set -eu

for argument in "$@"; do
  case $argument in
    -conf=*)
      file=${argument#-conf=}
      if [ ! -f "$file" ] || [ ! -r "$file" ]; then
        echo "start-node: $file is no file that user $(id -u) can read: check EVRMORE_CONF, and let everybody read the file (chmod 644)" >&2
        exit 1
      fi
      ;;
  esac
done

# exec: the node itself gets SIGTERM, and writes what it has in memory.
exec evrmored -datadir=/var/lib/evrmore -printtoconsole "$@"
