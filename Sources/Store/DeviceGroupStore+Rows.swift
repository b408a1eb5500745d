import Basics
package import Domain
import SQLite

/// Parts of a transaction.
extension DeviceGroupStore {
    package static func get(
        _ id: DeviceGroup.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> DeviceGroup { try listed(id, in: tx).group }

    static func listed(
        _ id: DeviceGroup.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> Listed {
        try tx.one("The device group", DeviceGroupSQL.get, id, read: Listed.init(row:))
    }

    /// Where a device belongs: in the group that somebody put it into, else in the oldest whose
    /// filter it matches.
    static func home(
        of device: Device, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> DeviceGroup.ID? {
        guard let application = device.applicationID else { return nil }
        if let current = device.groupID {
            let isPicked =
                try tx.count(DeviceGroupSQL.picked, current, application) > 0
            if isPicked { return current }
        }
        return try filters(of: application, in: tx).first { $0.filter.matches(device) }?.id
    }

    private typealias Filter = (id: DeviceGroup.ID, filter: DeviceFilter)

    private static func filters(
        of application: Application.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> [Filter] {
        try tx.all(DeviceGroupSQL.filters, application) {
            (row: borrowing Row) throws(StoreError) -> Filter in
            guard let filter = try row.filter(1) else { throw .corrupt }
            return (try row.id(0), filter)
        }
    }

    /// Puts every device of the application that nobody put into a group where it belongs now.
    /// - Returns: those that moved.
    static func gather(
        _ application: Application.ID, in tx: borrowing Transaction
    ) throws(StoreError) -> [Device.ID] {
        let filters = try filters(of: application, in: tx)
        typealias Move = (device: Device.ID, group: DeviceGroup.ID?)
        let moves = try tx.all(DeviceGroupSQL.gatherable, application) {
            (row: borrowing Row) throws(StoreError) -> Move? in
            let tags = try row.texts(3).map(DeviceTag.init(stored:))
            let (name, type) = (row.text(1), row.text(2))
            let home = filters.first { $0.filter.matches(name: name, type: type, tags: tags) }
            let current: DeviceGroup.ID? = try row.optionalID(4)
            return home?.id == current ? nil : (try row.id(0), home?.id)
        }.compactMap { $0 }
        for move in moves { try tx.run(DeviceGroupSQL.move, move.device, move.group) }
        return moves.map(\.device)
    }

    static func check(
        _ draft: Draft, _ id: DeviceGroup.ID, in tx: borrowing Transaction
    ) throws(StoreError) {
        guard
            try tx.count(DeviceGroupSQL.nameTaken, draft.application, draft.name, id) == 0
        else { throw .conflict("The application has a device group “\(draft.name)” already.") }
        if let target = draft.target,
            try SnapshotStore.get(target, in: tx).applicationID != draft.application
        {
            throw .conflict("A group runs snapshots of its own application only.")
        }
        if let window = draft.window,
            try MaintenanceWindowStore.get(window, in: tx).applicationID != draft.application
        {
            throw .conflict("A group keeps to windows of its own application only.")
        }
    }
}

extension DeviceFilter {
    var storedText: String {
        var json = JSONWriter()
        json.object { json in
            json.field("tags", tags.map(\.text))
            json.field("type", type)
            json.field("namePattern", namePattern)
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

extension Row {
    fileprivate func filter(_ column: Int) throws(StoreError) -> DeviceFilter? {
        guard !isNull(column) else { return nil }
        guard let object = try? JSONReader.read(Array(text(column).utf8)).object else {
            throw .corrupt
        }
        return DeviceFilter(
            tags: (object["tags"]?.array ?? []).compactMap(\.string).map(DeviceTag.init(stored:)),
            type: object["type"]?.string, namePattern: object["namePattern"]?.string)
    }
}

extension DeviceGroupStore.Listed {
    init(row: borrowing Row) throws(StoreError) {
        self.init(
            group: DeviceGroup(
                id: try row.id(0), organizationID: try row.id(1), teamID: try row.id(2),
                applicationID: try row.id(3), name: Name(stored: row.text(4)),
                note: Note(stored: row.text(5)), filter: try row.filter(6),
                targetSnapshotID: try row.optionalID(7), windowID: try row.optionalID(8),
                deviceCount: row.int(10), createdAt: row.timestamp(9)),
            targetName: row.optionalText(12), windowName: row.optionalText(13),
            currentCount: row.int(11))
    }
}

enum DeviceGroupSQL: String, CaseIterable {
    case get = """
        SELECT g.id, organization_id, team_id, g.application_id, g.name, g.note, g.filter,
            g.target_snapshot_id, g.window_id, g.created_ms,
            (SELECT count(*) FROM device WHERE group_id = g.id),
            (SELECT count(*) FROM device JOIN device_report ON device_id = device.id
             WHERE group_id = g.id AND device_report.snapshot_id
                = coalesce(device.target_snapshot_id, g.target_snapshot_id)),
            snapshot.name, maintenance_window.name
        FROM device_group AS g JOIN application ON application.id = g.application_id
        JOIN team ON team.id = team_id
        LEFT JOIN snapshot ON snapshot.id = g.target_snapshot_id
        LEFT JOIN maintenance_window ON maintenance_window.id = g.window_id
        WHERE g.id = ?1
        """
    case list = """
        SELECT g.id, organization_id, team_id, g.application_id, g.name, g.note, g.filter,
            g.target_snapshot_id, g.window_id, g.created_ms,
            (SELECT count(*) FROM device WHERE group_id = g.id),
            (SELECT count(*) FROM device JOIN device_report ON device_id = device.id
             WHERE group_id = g.id AND device_report.snapshot_id
                = coalesce(device.target_snapshot_id, g.target_snapshot_id)),
            snapshot.name, maintenance_window.name
        FROM device_group AS g JOIN application ON application.id = g.application_id
        JOIN team ON team.id = team_id
        LEFT JOIN snapshot ON snapshot.id = g.target_snapshot_id
        LEFT JOIN maintenance_window ON maintenance_window.id = g.window_id
        WHERE (?1 IS NULL OR (g.name, g.id) > (?1, ?2))
            AND (?3 IS NULL OR g.application_id = ?3)
            AND (?4 IS NULL OR g.application_id IN (SELECT value FROM json_each(?4)))
            AND (?5 IS NULL OR g.name LIKE ?5 ESCAPE '\\')
        ORDER BY g.name, g.id LIMIT ?6
        """
    case count = """
        SELECT count(*) FROM device_group
        WHERE (?1 IS NULL OR application_id = ?1)
            AND (?2 IS NULL OR application_id IN (SELECT value FROM json_each(?2)))
            AND (?3 IS NULL OR name LIKE ?3 ESCAPE '\\')
        """
    case nameTaken = """
        SELECT count(*) FROM device_group WHERE application_id = ?1 AND name = ?2 AND id <> ?3
        """
    case insert = """
        INSERT INTO device_group (id, application_id, name, note, filter, target_snapshot_id,
            window_id, created_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """
    case update = """
        UPDATE device_group SET name = ?2, note = ?3, filter = ?4, target_snapshot_id = ?5,
            window_id = ?6
        WHERE id = ?1
        """
    case delete = "DELETE FROM device_group WHERE id = ?1"
    /// What has a target of its own does not follow the group's.
    case raise = """
        UPDATE device SET revision = revision + 1
        WHERE group_id = ?1 AND target_snapshot_id IS NULL RETURNING id
        """
    case picked = """
        SELECT count(*) FROM device_group WHERE id = ?1 AND application_id = ?2 AND filter IS NULL
        """
    case filters = """
        SELECT id, filter FROM device_group
        WHERE application_id = ?1 AND filter IS NOT NULL ORDER BY created_ms, id
        """
    case gatherable = """
        SELECT id, name, type, tags, group_id FROM device
        WHERE application_id = ?1 AND (group_id IS NULL
            OR group_id IN (SELECT id FROM device_group WHERE filter IS NOT NULL))
        """
    case move = "UPDATE device SET group_id = ?2, revision = revision + 1 WHERE id = ?1"
    case join = "UPDATE device SET group_id = ?2 WHERE id = ?1"
    case known = """
        SELECT count(*) FROM device
        WHERE id IN (SELECT value FROM json_each(?1)) AND application_id = ?2
        """
    case leave = """
        UPDATE device SET group_id = NULL, revision = revision + 1
        WHERE group_id = ?1 AND id NOT IN (SELECT value FROM json_each(?2)) RETURNING id
        """
    case enter = """
        UPDATE device SET group_id = ?1, revision = revision + 1
        WHERE id IN (SELECT value FROM json_each(?2)) AND group_id IS NOT ?1 RETURNING id
        """
}
