package import Basics
package import Domain
import SQLite

/// Who did what. Events are written by the stores that change something; here they are read.
package struct AuditStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    package struct Filter: Sendable, Hashable {
        package var actor: String?
        /// A kind, or its first word: `instance` finds `instance.created`.
        package var kind: String?
        package var object: String?
        package var team: Team.ID?
        package var from: Timestamp?
        package var to: Timestamp?
        /// `nil`: all events of the site; else only those of these teams.
        package var visibleTeams: [Team.ID]?

        package init(
            actor: String? = nil, kind: String? = nil, object: String? = nil, team: Team.ID? = nil,
            from: Timestamp? = nil, to: Timestamp? = nil, visibleTeams: [Team.ID]? = nil
        ) {
            self.actor = actor
            self.kind = kind
            self.object = object
            self.team = team
            self.from = from
            self.to = to
            self.visibleTeams = visibleTeams
        }
    }

    /// The newest first.
    package func list(
        _ filter: Filter = Filter(), _ request: PageRequest = PageRequest()
    ) async throws(StoreError) -> Page<AuditEntry> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<AuditEntry> in
            let teams = filter.visibleTeams?.map(\.text).jsonText
            let found = try tx.all(
                AuditSQL.list, request.number(0), filter.actor, filter.kind, filter.object,
                filter.team, filter.from, filter.to, request.pattern, teams, request.limit + 1,
                read: AuditEntry.init(row:))
            let count = try tx.count(
                AuditSQL.count, filter.actor, filter.kind, filter.object, filter.team, filter.from,
                filter.to, request.pattern, teams)
            return Page(found: found, request: request, count: count) { [String($0.sequence)] }
        }
    }
}

extension AuditStore {
    /// What no other store writes: an attempt that failed, an act of the appliance itself.
    package func record(_ event: AuditEvent, by actor: Actor) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.record(event, by: actor)
        }
    }
}

extension Transaction {
    /// Belongs into the transaction that makes the change.
    package func record(_ event: AuditEvent, by actor: Actor) throws(StoreError) {
        try run(
            AuditSQL.insert, AuditEntry.ID.random(), now, actor.type, actor.id, actor.name,
            actor.address, event.kind, event.object?.type, event.object?.id, event.object?.name,
            event.teamID, event.before.map { String(decoding: $0, as: UTF8.self) },
            event.after.map { String(decoding: $0, as: UTF8.self) }, event.text)
    }
}

extension AuditEntry {
    init(row: borrowing Row) throws(StoreError) {
        let object: ObjectReference? =
            if let type = row.optionalText(8), let id = row.optionalText(9) {
                ObjectReference(type: type, id: id, name: row.text(10))
            } else { nil }
        self.init(
            id: try row.id(1), sequence: row.int64(0), at: row.timestamp(2),
            actorType: row.text(3), actorID: row.optionalText(4), actorName: row.text(5),
            address: row.optionalText(6),
            event: AuditEvent(
                kind: row.text(7), object: object, teamID: try row.optionalID(11),
                before: row.optionalText(12).map { Array($0.utf8) },
                after: row.optionalText(13).map { Array($0.utf8) }, text: row.text(14)))
    }
}

enum AuditSQL: String, CaseIterable {
    case insert = """
        INSERT INTO audit_event (id, at_ms, actor_type, actor_id, actor_name, address, kind,
            object_type, object_id, object_name, team_id, before, after, text)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
        """
    case list = """
        SELECT sequence, id, at_ms, actor_type, actor_id, actor_name, address, kind, object_type,
            object_id, object_name, team_id, before, after, text
        FROM audit_event
        WHERE (?1 IS NULL OR sequence < ?1)
            AND (?2 IS NULL OR actor_id = ?2 OR actor_name = ?2)
            AND (?3 IS NULL OR kind = ?3 OR substr(kind, 1, length(?3) + 1) = ?3 || '.')
            AND (?4 IS NULL OR object_id = ?4)
            AND (?5 IS NULL OR team_id = ?5)
            AND (?6 IS NULL OR at_ms >= ?6) AND (?7 IS NULL OR at_ms < ?7)
            AND (?8 IS NULL OR text LIKE ?8 ESCAPE '\\' OR actor_name LIKE ?8 ESCAPE '\\')
            AND (?9 IS NULL OR team_id IN (SELECT value FROM json_each(?9)))
        ORDER BY sequence DESC LIMIT ?10
        """
    case count = """
        SELECT count(*) FROM audit_event
        WHERE (?1 IS NULL OR actor_id = ?1 OR actor_name = ?1)
            AND (?2 IS NULL OR kind = ?2 OR substr(kind, 1, length(?2) + 1) = ?2 || '.')
            AND (?3 IS NULL OR object_id = ?3)
            AND (?4 IS NULL OR team_id = ?4)
            AND (?5 IS NULL OR at_ms >= ?5) AND (?6 IS NULL OR at_ms < ?6)
            AND (?7 IS NULL OR text LIKE ?7 ESCAPE '\\' OR actor_name LIKE ?7 ESCAPE '\\')
            AND (?8 IS NULL OR team_id IN (SELECT value FROM json_each(?8)))
        """
}
