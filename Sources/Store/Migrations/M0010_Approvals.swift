import SQLite

/// Who started a deployment as a person, whatever token or name he used, and what was worth a
/// warning then; enrolments as they are read.
enum M0010_Approvals {
    static let migration = Migration(
        10, "approvals",
        """
        ALTER TABLE deployment ADD COLUMN created_by_user TEXT;
        ALTER TABLE deployment ADD COLUMN warnings TEXT NOT NULL DEFAULT '[]';

        UPDATE deployment SET created_by_user = (
            SELECT CASE actor_type WHEN 'user' THEN actor_id
                ELSE (SELECT user_id FROM personal_token WHERE id = actor_id) END
            FROM audit_event
            WHERE kind = 'deployment.created' AND object_id = deployment.id
                AND actor_type IN ('user', 'token')
            ORDER BY sequence LIMIT 1);

        CREATE VIEW enrolment_row AS
            SELECT enrolment.id, token_id, team.organization_id, enrolment.team_id,
                enrolment.device_id, request_digest, request, fingerprint, facts,
                enrolment.address, state, serial, enrolment.created_ms, decided_ms, decided_by,
                coalesce(enrolment_token.application_id, device.application_id)
                    AS application_id
            FROM enrolment
            JOIN team ON team.id = enrolment.team_id
            LEFT JOIN enrolment_token ON enrolment_token.id = token_id
            LEFT JOIN device ON device.id = enrolment.device_id;
        """)
}
