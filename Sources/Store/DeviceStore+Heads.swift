package import Basics
package import Domain
import SQLite

/// Little of a device: enough to narrow, sort and count ten thousand of them at once.
package struct DeviceHead: Sendable, Equatable {
    package let id: Device.ID
    package let name: String
    package let isEnrolled: Bool
    package let mode: Device.Mode
    /// Of its newest certificate.
    package let notAfter: Timestamp?
    package let revokedAt: Timestamp?

    package init(
        id: Device.ID, name: String, isEnrolled: Bool, mode: Device.Mode = .autonomous,
        notAfter: Timestamp? = nil, revokedAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.isEnrolled = isEnrolled
        self.mode = mode
        self.notAfter = notAfter
        self.revokedAt = revokedAt
    }
}

extension DeviceStore {
    /// All that match, by name.
    package func heads(
        _ filter: Filter, _ request: PageRequest = PageRequest()
    ) async throws(StoreError) -> [DeviceHead] {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [DeviceHead] in
            try tx.all(
                DeviceHeadSQL.list, filter.team, filter.application, filter.group, filter.tag,
                request.pattern, filter.visible?.teams.map(\.text).jsonText,
                filter.visible?.applications.map(\.text).jsonText
            ) { (row: borrowing Row) throws(StoreError) in
                DeviceHead(
                    id: try row.id(0), name: row.text(1), isEnrolled: !row.isNull(2),
                    mode: try row.word(3), notAfter: row.optionalTimestamp(4),
                    revokedAt: row.optionalTimestamp(5))
            }
        }
    }

    /// Those that are gone are left out.
    package func some(_ ids: [Device.ID]) async throws(StoreError) -> [Device.ID: Device] {
        guard !ids.isEmpty else { return [:] }
        let found = try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [Device] in
            try tx.all(DeviceHeadSQL.some, ids.map(\.text).jsonText, read: Device.init(row:))
        }
        return Dictionary(found.map { ($0.id, $0) }) { first, _ in first }
    }
}

enum DeviceHeadSQL: String, CaseIterable {
    case list = """
        SELECT device_row.id, name, agent, mode, not_after_ms, revoked_ms FROM device_row
        LEFT JOIN device_certificate ON serial = (
            SELECT serial FROM device_certificate WHERE device_id = device_row.id
            ORDER BY issued_ms DESC, serial LIMIT 1)
        WHERE (?1 IS NULL OR team_id = ?1) AND (?2 IS NULL OR application_id = ?2)
            AND (?3 IS NULL OR group_id = ?3)
            AND (?4 IS NULL OR EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?4))
            AND (?5 IS NULL OR name LIKE ?5 ESCAPE '\\' OR type LIKE ?5 ESCAPE '\\')
            AND (?6 IS NULL OR team_id IN (SELECT value FROM json_each(?6))
                OR application_id IN (SELECT value FROM json_each(?7)))
        ORDER BY name, device_row.id
        """
    case some = """
        SELECT * FROM device_row WHERE id IN (SELECT value FROM json_each(?1))
        """
}
