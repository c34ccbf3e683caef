#!/bin/sh
# Runs once, when the database server starts on an empty volume: for each service a database and the login role that
# owns it. No role may enter another's database, and none is a superuser. Passwords come from the environment.
set -eu
for service in gateway profile tiering complaint loyalty; do
    variable="PATRON_DATABASE_PASSWORD_$(echo "$service" | tr '[:lower:]' '[:upper:]')"
    psql --username "$POSTGRES_USER" --dbname postgres --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
        --set role="patron_$service" <<SQL
\\getenv password $variable
create role :"role" login nosuperuser nocreatedb nocreaterole noreplication password :'password';
create database :"role" owner :"role" template template0
    locale_provider builtin builtin_locale 'C.UTF-8' encoding 'UTF8';
revoke connect, temporary on database :"role" from public;
SQL
done
psql --username "$POSTGRES_USER" --dbname postgres --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
    --command "revoke connect on database postgres from public"
