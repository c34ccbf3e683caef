#!/bin/sh
# Runs once, when the database server starts on an empty volume: for each service a database, the role that owns it (for
# migrations) and the role that the service signs in as, which owns nothing. No role may enter another service's
# database, and none is a superuser. Passwords come from the environment.
set -eu
for service in gateway profile tiering complaint loyalty; do
    variable="PATRON_DATABASE_PASSWORD_$(echo "$service" | tr '[:lower:]' '[:upper:]')"
    psql --username "$POSTGRES_USER" --dbname postgres --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
        --set role="patron_$service" --set owner="patron_${service}_owner" <<SQL
\\getenv password $variable
\\getenv owner_password ${variable}_OWNER
create role :"role" login nosuperuser nocreatedb nocreaterole noreplication password :'password';
create role :"owner" login nosuperuser nocreatedb nocreaterole noreplication password :'owner_password';
create database :"role" owner :"owner" template template0
    locale_provider builtin builtin_locale 'C.UTF-8' encoding 'UTF8';
revoke connect, temporary on database :"role" from public;
grant connect on database :"role" to :"role";
SQL
done
psql --username "$POSTGRES_USER" --dbname postgres --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
    --command "revoke connect on database postgres from public"
