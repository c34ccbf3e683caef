#!/bin/sh
# Runs once, when the database server starts on an empty volume: one database a service.
set -eu
for service in gateway profile tiering complaint loyalty; do
    psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 \
        --command "create database patron_$service template template0 locale_provider builtin builtin_locale 'C.UTF-8' encoding 'UTF8'"
done
