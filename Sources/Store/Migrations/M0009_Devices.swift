import SQLite

/// Devices, how they come in, what they are told, and what brings it to thousands of them.
enum M0009_Devices {
    static let migration = Migration(
        9, "devices",
        """
        -- Times when machines may be touched: JSON of `MaintenanceWindow.Rule`.
        CREATE TABLE maintenance_window (
            id TEXT PRIMARY KEY,
            application_id TEXT NOT NULL REFERENCES application (id) ON DELETE CASCADE,
            name TEXT NOT NULL COLLATE NOCASE,
            rule TEXT NOT NULL,
            created_ms INTEGER NOT NULL,
            UNIQUE (application_id, name)
        ) STRICT;

        -- `filter`: JSON, NULL for a group whose devices somebody picks.
        CREATE TABLE device_group (
            id TEXT PRIMARY KEY,
            application_id TEXT NOT NULL REFERENCES application (id) ON DELETE CASCADE,
            name TEXT NOT NULL COLLATE NOCASE,
            note TEXT NOT NULL,
            filter TEXT,
            target_snapshot_id TEXT REFERENCES snapshot (id) ON DELETE RESTRICT,
            window_id TEXT REFERENCES maintenance_window (id) ON DELETE SET NULL,
            created_ms INTEGER NOT NULL,
            UNIQUE (application_id, name)
        ) STRICT;
        CREATE INDEX device_group_by_snapshot ON device_group (target_snapshot_id);
        CREATE INDEX device_group_by_window ON device_group (window_id);

        -- `revision` rises with each change of what the device shall be. `tags`: JSON list of texts.
        -- `settings`: JSON of `DeviceSettings`; `environment`: JSON of names and values, sealed.
        -- `agent` is NULL until one has enrolled.
        CREATE TABLE device (
            id TEXT PRIMARY KEY,
            team_id TEXT NOT NULL REFERENCES team (id) ON DELETE CASCADE,
            application_id TEXT REFERENCES application (id) ON DELETE SET NULL,
            group_id TEXT REFERENCES device_group (id) ON DELETE SET NULL,
            name TEXT NOT NULL COLLATE NOCASE,
            type TEXT NOT NULL,
            tags TEXT NOT NULL,
            agent TEXT,
            mode TEXT NOT NULL,
            desired_state TEXT NOT NULL,
            target_snapshot_id TEXT REFERENCES snapshot (id) ON DELETE RESTRICT,
            stack_id TEXT REFERENCES stack (id) ON DELETE SET NULL,
            revision INTEGER NOT NULL,
            settings TEXT NOT NULL,
            environment BLOB,
            credential_secret BLOB NOT NULL,
            page_secret BLOB NOT NULL,
            created_ms INTEGER NOT NULL,
            UNIQUE (team_id, name)
        ) STRICT;
        CREATE INDEX device_by_name ON device (name, id);
        CREATE INDEX device_by_application ON device (application_id, name);
        CREATE INDEX device_by_group ON device (group_id);
        CREATE INDEX device_by_snapshot ON device (target_snapshot_id);
        CREATE INDEX device_by_stack ON device (stack_id);

        -- What it said last. `report`: JSON of `DeviceReport`.
        CREATE TABLE device_report (
            device_id TEXT PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
            seen_ms INTEGER NOT NULL,
            address TEXT,
            state TEXT NOT NULL,
            snapshot_id TEXT,
            revision INTEGER,
            phase TEXT NOT NULL,
            problem TEXT,
            report TEXT NOT NULL
        ) STRICT;
        CREATE INDEX device_report_by_snapshot ON device_report (snapshot_id);

        -- Secrets of a stock agent, as SHA-256: bearer token and broker password.
        CREATE TABLE device_secret (
            device_id TEXT PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
            token_hash BLOB NOT NULL UNIQUE,
            broker_hash BLOB NOT NULL,
            issued_ms INTEGER NOT NULL
        ) STRICT;

        -- Outlives its device: a revocation must.
        CREATE TABLE device_certificate (
            serial TEXT PRIMARY KEY,
            device_id TEXT REFERENCES device (id) ON DELETE SET NULL,
            key_digest TEXT NOT NULL,
            pem TEXT NOT NULL,
            issued_ms INTEGER NOT NULL,
            not_after_ms INTEGER NOT NULL,
            first_seen_ms INTEGER,
            revoked_ms INTEGER,
            reason TEXT
        ) STRICT;
        CREATE INDEX device_certificate_by_device ON device_certificate (device_id, issued_ms);
        CREATE INDEX device_certificate_by_revocation ON device_certificate (revoked_ms);

        -- What lets a device in. `kind`: bundle, code, provisioning, one-time. `secret`: the key that
        -- checks a proof, sealed; `secret_hash`: of what is presented itself. `expect`: JSON of serial
        -- numbers and addresses of the one device that may use it.
        CREATE TABLE enrolment_token (
            id TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            team_id TEXT NOT NULL REFERENCES team (id) ON DELETE CASCADE,
            application_id TEXT REFERENCES application (id) ON DELETE CASCADE,
            group_id TEXT REFERENCES device_group (id) ON DELETE CASCADE,
            device_id TEXT REFERENCES device (id) ON DELETE CASCADE,
            secret BLOB,
            secret_hash BLOB UNIQUE,
            uses_left INTEGER NOT NULL,
            uses_most INTEGER NOT NULL,
            is_confirmed INTEGER NOT NULL,
            expect TEXT,
            created_ms INTEGER NOT NULL,
            created_by TEXT NOT NULL,
            expires_ms INTEGER,
            revoked_ms INTEGER
        ) STRICT;
        CREATE INDEX enrolment_token_by_team ON enrolment_token (team_id, created_ms);
        CREATE INDEX enrolment_token_by_application ON enrolment_token (application_id);
        CREATE INDEX enrolment_token_by_group ON enrolment_token (group_id);
        CREATE INDEX enrolment_token_by_device ON enrolment_token (device_id);

        -- One request of one key. `state`: pending, issued, refused. `facts`: JSON of what the device
        -- says of itself. `request`: DER.
        CREATE TABLE enrolment (
            id TEXT PRIMARY KEY,
            token_id TEXT REFERENCES enrolment_token (id) ON DELETE SET NULL,
            team_id TEXT NOT NULL REFERENCES team (id) ON DELETE CASCADE,
            device_id TEXT REFERENCES device (id) ON DELETE SET NULL,
            request_digest TEXT NOT NULL,
            request BLOB NOT NULL,
            fingerprint TEXT NOT NULL,
            facts TEXT NOT NULL,
            address TEXT,
            state TEXT NOT NULL,
            serial TEXT REFERENCES device_certificate (serial) ON DELETE SET NULL,
            created_ms INTEGER NOT NULL,
            decided_ms INTEGER,
            decided_by TEXT,
            UNIQUE (token_id, request_digest)
        ) STRICT;
        CREATE INDEX enrolment_by_state ON enrolment (state, created_ms);
        CREATE INDEX enrolment_by_team ON enrolment (team_id, created_ms);
        CREATE INDEX enrolment_by_device ON enrolment (device_id);
        CREATE INDEX enrolment_by_serial ON enrolment (serial);
        CREATE INDEX enrolment_by_request ON enrolment (request_digest);

        -- Gateways and PLCs with a name and rules of their own. `rules`: JSON of `AccessRule`s.
        CREATE TABLE broker_client (
            id TEXT PRIMARY KEY,
            team_id TEXT NOT NULL REFERENCES team (id) ON DELETE CASCADE,
            name TEXT NOT NULL UNIQUE,
            note TEXT NOT NULL,
            secret_hash BLOB NOT NULL,
            rules TEXT NOT NULL,
            is_enabled INTEGER NOT NULL,
            created_ms INTEGER NOT NULL,
            last_seen_ms INTEGER
        ) STRICT;
        CREATE INDEX broker_client_by_team ON broker_client (team_id, name);

        -- A directory as one stream in the vault. `kind`: stack, modules; `name`: the stack's id, or
        -- what its modules are called together.
        CREATE TABLE artifact (
            id TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            digest TEXT NOT NULL REFERENCES blob (digest) ON DELETE RESTRICT,
            size INTEGER NOT NULL,
            facts TEXT NOT NULL,
            made_ms INTEGER NOT NULL,
            used_ms INTEGER NOT NULL,
            UNIQUE (kind, name)
        ) STRICT;
        CREATE INDEX artifact_by_digest ON artifact (digest);

        -- What a device gets for a snapshot. `fingerprint`: of all that it was made from.
        CREATE TABLE device_manifest (
            snapshot_id TEXT NOT NULL REFERENCES snapshot (id) ON DELETE CASCADE,
            fingerprint TEXT NOT NULL,
            digest TEXT NOT NULL REFERENCES blob (digest) ON DELETE RESTRICT,
            made_ms INTEGER NOT NULL,
            PRIMARY KEY (snapshot_id, fingerprint)
        ) STRICT;
        CREATE INDEX device_manifest_by_digest ON device_manifest (digest);

        -- Shared flows and functions of a team, as Node-RED's library knows them.
        CREATE TABLE library_entry (
            team_id TEXT NOT NULL REFERENCES team (id) ON DELETE CASCADE,
            type TEXT NOT NULL,
            path TEXT NOT NULL,
            meta TEXT NOT NULL,
            body BLOB NOT NULL,
            changed_ms INTEGER NOT NULL,
            PRIMARY KEY (team_id, type, path)
        ) STRICT, WITHOUT ROWID;

        -- `plan`: JSON of `RolloutPlan`.
        CREATE TABLE deployment (
            id TEXT PRIMARY KEY,
            application_id TEXT NOT NULL REFERENCES application (id) ON DELETE CASCADE,
            snapshot_id TEXT NOT NULL REFERENCES snapshot (id) ON DELETE RESTRICT,
            window_id TEXT REFERENCES maintenance_window (id) ON DELETE SET NULL,
            name TEXT NOT NULL,
            plan TEXT NOT NULL,
            state TEXT NOT NULL,
            reason TEXT,
            created_ms INTEGER NOT NULL,
            created_by TEXT NOT NULL,
            started_ms INTEGER,
            finished_ms INTEGER
        ) STRICT;
        CREATE INDEX deployment_by_application ON deployment (application_id, created_ms);
        CREATE INDEX deployment_by_snapshot ON deployment (snapshot_id);
        CREATE INDEX deployment_by_window ON deployment (window_id);

        CREATE TABLE deployment_group (
            deployment_id TEXT NOT NULL REFERENCES deployment (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            name TEXT NOT NULL,
            state TEXT NOT NULL,
            verdict TEXT NOT NULL,
            reason TEXT,
            started_ms INTEGER,
            settled_ms INTEGER,
            finished_ms INTEGER,
            PRIMARY KEY (deployment_id, number)
        ) STRICT, WITHOUT ROWID;

        -- `former_snapshot_id`: what it ran before, for those that are returned. `fetched_ms`: when it
        -- had all that it needed.
        CREATE TABLE deployment_device (
            deployment_id TEXT NOT NULL REFERENCES deployment (id) ON DELETE CASCADE,
            device_id TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
            group_number INTEGER NOT NULL,
            state TEXT NOT NULL,
            text TEXT,
            attempts INTEGER NOT NULL,
            revision INTEGER,
            former_snapshot_id TEXT REFERENCES snapshot (id) ON DELETE SET NULL,
            changed_ms INTEGER NOT NULL,
            sent_ms INTEGER,
            fetched_ms INTEGER,
            done_ms INTEGER,
            PRIMARY KEY (deployment_id, device_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX deployment_device_by_device ON deployment_device (device_id);
        CREATE INDEX deployment_device_by_former ON deployment_device (former_snapshot_id);

        CREATE VIEW device_row AS
            SELECT device.id, team.organization_id, device.team_id, device.application_id, group_id,
                device.name, type, tags, agent, mode, desired_state, target_snapshot_id, stack_id,
                revision, settings, device.created_ms
            FROM device JOIN team ON team.id = device.team_id;

        DROP VIEW application_row;
        CREATE VIEW application_row AS
            SELECT id, team_id, name, description, created_ms,
                (SELECT count(*) FROM instance WHERE application_id = application.id) AS instances,
                (SELECT count(*) FROM device WHERE application_id = application.id) AS devices
            FROM application;

        DROP VIEW blob_use;
        CREATE VIEW blob_use AS
            SELECT flows_digest AS digest FROM version
            UNION ALL SELECT credentials_digest FROM version WHERE credentials_digest IS NOT NULL
            UNION ALL SELECT files_digest FROM version WHERE files_digest IS NOT NULL
            UNION ALL SELECT flows_digest FROM snapshot
            UNION ALL SELECT credentials_digest FROM snapshot WHERE credentials_digest IS NOT NULL
            UNION ALL SELECT files_digest FROM snapshot WHERE files_digest IS NOT NULL
            UNION ALL SELECT digest FROM file_list_use
            UNION ALL SELECT digest FROM artifact
            UNION ALL SELECT digest FROM device_manifest;
        """)
}
