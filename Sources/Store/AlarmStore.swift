package import Basics
package import Domain
import SQLite

/// What is wrong, and since when.
package struct AlarmStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    package struct Filter: Sendable, Hashable {
        /// `true`: not cleared yet; `false`: cleared; `nil`: both.
        package var open: Bool?
        package var object: String?
        /// `nil`: all of the site; else only these applications' and teams'.
        package var visible: Visible?

        package struct Visible: Sendable, Hashable {
            package var teams: [Team.ID]
            package var applications: [Application.ID]
            package init(teams: [Team.ID], applications: [Application.ID]) {
                self.teams = teams
                self.applications = applications
            }
        }

        package init(open: Bool? = nil, object: String? = nil, visible: Visible? = nil) {
            self.open = open
            self.object = object
            self.visible = visible
        }
    }

    /// Once for a kind and an object, however often it is said; a text that changed is kept.
    /// - Parameter severity: `nil`: that of the kind.
    /// - Returns: the alarm, and whether it is new or says something else than before.
    @discardableResult
    package func raise(
        _ kind: AlarmKind, on object: ObjectReference, at path: ScopePath,
        severity: Alarm.Severity? = nil, text: String
    ) async throws(StoreError) -> (alarm: Alarm, isNews: Bool) {
        try await database.write {
            (tx: borrowing Transaction) throws(StoreError) -> (Alarm, Bool) in
            let severity = severity ?? kind.severity
            let open = try tx.first(
                AlarmSQL.findOpen, kind.rawValue, object.type, object.id, read: Alarm.stored(row:))
            if let open = open ?? nil {
                guard open.text != text || open.severity != severity else { return (open, false) }
                var alarm = open
                alarm.text = text
                alarm.severity = severity
                try tx.run(AlarmSQL.update, alarm.id, severity.rawValue, text)
                return (alarm, true)
            }
            let alarm = Alarm(
                id: .random(), kind: kind, object: object, severity: severity, text: text,
                since: tx.now, path: path)
            try tx.run(
                AlarmSQL.insert, alarm.id, kind.rawValue, object.type, object.id, object.name,
                path.organization, path.team, path.application, severity.rawValue, text, tx.now)
            try tx.record(
                AlarmStore.event("alarm.raised", alarm, "Alarm: \(text)"), by: .site)
            return (alarm, true)
        }
    }

    /// - Returns: the alarm that ended, or `nil` if there was none.
    @discardableResult
    package func clear(
        _ kind: AlarmKind, on object: ObjectReference
    ) async throws(StoreError) -> Alarm? {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Alarm? in
            let open = try tx.first(
                AlarmSQL.findOpen, kind.rawValue, object.type, object.id, read: Alarm.stored(row:))
            guard var alarm = open ?? nil else { return nil }
            alarm.clearedAt = tx.now
            try tx.run(AlarmSQL.clear, alarm.id, tx.now)
            try tx.record(
                AlarmStore.event("alarm.cleared", alarm, "Alarm over: \(alarm.text)"), by: .site)
            return alarm
        }
    }

    /// Who acknowledged first stays.
    package func acknowledge(_ id: Alarm.ID, by actor: Actor) async throws(StoreError) -> Alarm {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Alarm in
            guard var alarm = try AlarmStore.get(id, in: tx) else { throw .notFound("The alarm") }
            guard alarm.acknowledgedAt == nil else { return alarm }
            alarm.acknowledgedBy = actor.name
            alarm.acknowledgedAt = tx.now
            try tx.run(AlarmSQL.acknowledge, id, actor.name, tx.now)
            try tx.record(
                AlarmStore.event(
                    "alarm.acknowledged", alarm, "Alarm acknowledged: \(alarm.text)"), by: actor)
            return alarm
        }
    }

    package func get(_ id: Alarm.ID) async throws(StoreError) -> Alarm {
        let found = try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Alarm? in
            try AlarmStore.get(id, in: tx)
        }
        guard let found else { throw .notFound("The alarm") }
        return found
    }

    /// The newest first.
    package func list(
        _ filter: Filter = Filter(open: true), _ request: PageRequest = PageRequest()
    ) async throws(StoreError) -> Page<Alarm> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<Alarm> in
            let teams = filter.visible?.teams.map(\.text).jsonText
            let applications = filter.visible?.applications.map(\.text).jsonText
            let found = try tx.all(
                AlarmSQL.list, request.number(0), request.key(1), filter.open, filter.object,
                teams, applications, request.pattern, request.limit + 1,
                read: Alarm.stored(row:))
            let count = try tx.count(
                AlarmSQL.count, filter.open, filter.object, teams, applications, request.pattern)
            return Page(found: found.compactMap { $0 }, request: request, count: count) {
                [String($0.since.milliseconds), $0.id.text]
            }
        }
    }

    /// Forgets what was over before then.
    package func purge(clearedBefore moment: Timestamp) async throws(StoreError) {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(AlarmSQL.purge, moment)
        }
    }

    private static func get(
        _ id: Alarm.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> Alarm? {
        try tx.first(AlarmSQL.get, id, read: Alarm.stored(row:)) ?? nil
    }

    private static func event(_ kind: String, _ alarm: Alarm, _ text: String) -> AuditEvent {
        AuditEvent(kind: kind, object: alarm.object, teamID: alarm.path.team, text: text)
    }
}

extension Alarm {
    /// `nil` for a kind of a newer program: shown by none, lost by none.
    static func stored(row: borrowing Row) throws(StoreError) -> Alarm? {
        guard let kind = AlarmKind(rawValue: row.text(1)) else { return nil }
        return Alarm(
            id: try row.id(0), kind: kind,
            object: ObjectReference(type: row.text(2), id: row.text(3), name: row.text(4)),
            severity: try row.word(8), text: row.text(9), since: row.timestamp(10),
            acknowledgedBy: row.optionalText(11), acknowledgedAt: row.optionalTimestamp(12),
            clearedAt: row.optionalTimestamp(13), path: try ScopePath(row: row, at: 5))
    }
}

enum AlarmSQL: String, CaseIterable {
    case get = "SELECT * FROM alarm WHERE id = ?1"
    case findOpen = """
        SELECT * FROM alarm
        WHERE kind = ?1 AND object_type = ?2 AND object_id = ?3 AND cleared_ms IS NULL
        """
    case list = """
        SELECT * FROM alarm
        WHERE (?1 IS NULL OR (since_ms, id) < (?1, ?2))
            AND (?3 IS NULL OR (cleared_ms IS NULL) = ?3)
            AND (?4 IS NULL OR object_id = ?4)
            AND (?5 IS NULL
                OR application_id IN (SELECT value FROM json_each(?6))
                OR application_id IS NULL AND team_id IN (SELECT value FROM json_each(?5)))
            AND (?7 IS NULL OR text LIKE ?7 ESCAPE '\\' OR object_name LIKE ?7 ESCAPE '\\')
        ORDER BY since_ms DESC, id DESC LIMIT ?8
        """
    case count = """
        SELECT count(*) FROM alarm
        WHERE (?1 IS NULL OR (cleared_ms IS NULL) = ?1)
            AND (?2 IS NULL OR object_id = ?2)
            AND (?3 IS NULL
                OR application_id IN (SELECT value FROM json_each(?4))
                OR application_id IS NULL AND team_id IN (SELECT value FROM json_each(?3)))
            AND (?5 IS NULL OR text LIKE ?5 ESCAPE '\\' OR object_name LIKE ?5 ESCAPE '\\')
        """
    case insert = """
        INSERT INTO alarm (id, kind, object_type, object_id, object_name, organization_id, team_id,
            application_id, severity, text, since_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        """
    case update = "UPDATE alarm SET severity = ?2, text = ?3 WHERE id = ?1"
    case clear = "UPDATE alarm SET cleared_ms = ?2 WHERE id = ?1"
    case acknowledge = "UPDATE alarm SET acknowledged_by = ?2, acknowledged_ms = ?3 WHERE id = ?1"
    case deleteOf = "DELETE FROM alarm WHERE object_type = ?1 AND object_id = ?2"
    case purge = "DELETE FROM alarm WHERE cleared_ms < ?1"
}
