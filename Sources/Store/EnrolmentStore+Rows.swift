import Basics
import Domain
import SQLite

extension Enrolment {
    func event(_ verb: String, _ what: String) -> AuditEvent {
        var changes = AuditChanges()
        changes.compare("fingerprint", nil, fingerprint)
        changes.compare("serial", nil, serial)
        changes.compare("address", nil, address)
        return AuditEvent(
            kind: "enrolment.\(verb)", object: reference, teamID: teamID, after: changes.after,
            text: "A device with key \(fingerprint) \(what)")
    }

    init(row: borrowing Row) throws(StoreError) {
        guard let facts = try? JSONReader.read(Array(row.text(8).utf8)).object else {
            throw .corrupt
        }
        self.init(
            id: try row.id(0), tokenID: try row.optionalID(1), organizationID: try row.id(2),
            teamID: try row.id(3), applicationID: try row.optionalID(15),
            deviceID: try row.optionalID(4), requestDigest: row.text(5), request: row.blob(6),
            fingerprint: row.text(7), facts: EnrolmentFacts(json: facts),
            address: row.optionalText(9), state: try row.word(10), serial: row.optionalText(11),
            createdAt: row.timestamp(12), decidedAt: row.optionalTimestamp(13),
            decidedBy: row.optionalText(14))
    }
}

enum EnrolmentSQL: String, CaseIterable {
    case get = "SELECT * FROM enrolment_row WHERE id = ?1"
    case find = """
        SELECT * FROM enrolment_row WHERE request_digest = ?2 AND token_id IS ?1 LIMIT 1
        """
    case list = """
        SELECT * FROM enrolment_row
        WHERE (?1 IS NULL OR (created_ms, id) < (?1, ?2)) AND (?3 IS NULL OR state = ?3)
            AND (?4 IS NULL OR team_id IN (SELECT value FROM json_each(?4))
                OR application_id IN (SELECT value FROM json_each(?5)))
        ORDER BY created_ms DESC, id DESC LIMIT ?6
        """
    case count = """
        SELECT count(*) FROM enrolment_row
        WHERE (?1 IS NULL OR state = ?1)
            AND (?2 IS NULL OR team_id IN (SELECT value FROM json_each(?2))
                OR application_id IN (SELECT value FROM json_each(?3)))
        """
    case waiting = """
        SELECT count(*) FROM enrolment WHERE token_id = ?1 AND state = 'pending'
        """
    case insert = """
        INSERT INTO enrolment (id, token_id, team_id, device_id, request_digest, request,
            fingerprint, facts, address, state, serial, created_ms, decided_ms, decided_by)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
        """
    case decide = """
        UPDATE enrolment
        SET state = ?2, device_id = ?3, serial = ?4, decided_ms = ?5, decided_by = ?6
        WHERE id = ?1
        """
    case setCredentialSecret = """
        UPDATE device SET credential_secret = ?2, revision = revision + 1 WHERE id = ?1
        """
    case teamName = "SELECT name FROM team WHERE id = ?1"
    case revokeTokens = """
        UPDATE enrolment_token SET revoked_ms = ?2, secret = NULL
        WHERE device_id = ?1 AND revoked_ms IS NULL
        """
}
