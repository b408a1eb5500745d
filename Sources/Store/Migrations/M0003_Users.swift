import SQLite

/// Who may sign in, with what, and what they may do. A scope is at most one of three columns set;
/// none of them is the site. What has a scope goes with it: a token must not grow when the team
/// that bounded it is deleted.
enum M0003_Users {
    static let migration = Migration(
        3, "users",
        """
        CREATE TABLE user (
            id TEXT PRIMARY KEY,
            username TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            email TEXT,
            language TEXT NOT NULL,
            theme TEXT NOT NULL,
            password_hash TEXT,
            is_disabled INTEGER NOT NULL DEFAULT 0,
            created_ms INTEGER NOT NULL,
            last_seen_ms INTEGER
        ) STRICT;

        CREATE TABLE role_grant (
            id TEXT PRIMARY KEY,
            user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
            organization_id TEXT REFERENCES organization (id) ON DELETE CASCADE,
            team_id TEXT REFERENCES team (id) ON DELETE CASCADE,
            application_id TEXT REFERENCES application (id) ON DELETE CASCADE,
            role TEXT NOT NULL,
            CHECK ((organization_id IS NOT NULL) + (team_id IS NOT NULL)
                + (application_id IS NOT NULL) <= 1),
            CHECK (role <> 'administrator'
                OR coalesce(organization_id, team_id, application_id) IS NULL)
        ) STRICT;
        CREATE UNIQUE INDEX role_grant_once
            ON role_grant (user_id, coalesce(organization_id, team_id, application_id, ''));
        CREATE INDEX role_grant_by_organization ON role_grant (organization_id);
        CREATE INDEX role_grant_by_team ON role_grant (team_id);
        CREATE INDEX role_grant_by_application ON role_grant (application_id);

        CREATE TABLE session (
            id TEXT PRIMARY KEY,
            user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
            token_hash BLOB NOT NULL UNIQUE,
            csrf_hash BLOB NOT NULL UNIQUE,
            created_ms INTEGER NOT NULL,
            last_seen_ms INTEGER NOT NULL,
            expires_ms INTEGER NOT NULL,
            absolute_expires_ms INTEGER NOT NULL,
            address TEXT NOT NULL,
            agent TEXT NOT NULL
        ) STRICT;
        CREATE INDEX session_by_user ON session (user_id);
        CREATE INDEX session_by_end ON session (expires_ms);

        CREATE TABLE personal_token (
            id TEXT PRIMARY KEY,
            user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            secret_hash BLOB NOT NULL UNIQUE,
            is_read_only INTEGER NOT NULL,
            organization_id TEXT REFERENCES organization (id) ON DELETE CASCADE,
            team_id TEXT REFERENCES team (id) ON DELETE CASCADE,
            application_id TEXT REFERENCES application (id) ON DELETE CASCADE,
            created_ms INTEGER NOT NULL,
            expires_ms INTEGER,
            last_used_ms INTEGER,
            UNIQUE (user_id, name)
        ) STRICT;
        CREATE INDEX personal_token_by_organization ON personal_token (organization_id);
        CREATE INDEX personal_token_by_team ON personal_token (team_id);
        CREATE INDEX personal_token_by_application ON personal_token (application_id);

        CREATE TABLE invitation (
            id TEXT PRIMARY KEY,
            secret_hash BLOB NOT NULL UNIQUE,
            username TEXT,
            created_by TEXT NOT NULL,
            created_ms INTEGER NOT NULL,
            expires_ms INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE invitation_offer (
            invitation_id TEXT NOT NULL REFERENCES invitation (id) ON DELETE CASCADE,
            organization_id TEXT REFERENCES organization (id) ON DELETE CASCADE,
            team_id TEXT REFERENCES team (id) ON DELETE CASCADE,
            application_id TEXT REFERENCES application (id) ON DELETE CASCADE,
            role TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX invitation_offer_once ON invitation_offer
            (invitation_id, coalesce(organization_id, team_id, application_id, ''));
        CREATE INDEX invitation_offer_by_organization ON invitation_offer (organization_id);
        CREATE INDEX invitation_offer_by_team ON invitation_offer (team_id);
        CREATE INDEX invitation_offer_by_application ON invitation_offer (application_id);

        CREATE VIEW user_row AS
            SELECT id, username, name, email, language, theme, is_disabled, created_ms, last_seen_ms,
                EXISTS (SELECT 1 FROM role_grant
                    WHERE user_id = user.id AND role = 'administrator') AS is_administrator
            FROM user;

        CREATE VIEW grant_row AS
            SELECT role_grant.id, user_id, role_grant.organization_id, role_grant.team_id,
                role_grant.application_id, role,
                coalesce(organization.name, team.name, application.name,
                    (SELECT value FROM setting WHERE key = 'site.name'), '') AS scope_name
            FROM role_grant
            LEFT JOIN organization ON organization.id = role_grant.organization_id
            LEFT JOIN team ON team.id = role_grant.team_id
            LEFT JOIN application ON application.id = role_grant.application_id;
        """)
}
