import Basics
package import Domain
package import SQLite

/// Parts of a transaction.
extension DeviceStore {
    package static func get(
        _ id: Device.ID, in tx: borrowing some Queryable & ~Copyable
    ) throws(StoreError) -> Device {
        try tx.one("The device", DeviceSQL.get, id, read: Device.init(row:))
    }

    package static func insert(
        _ draft: Draft, by actor: Actor, in tx: borrowing Transaction
    ) throws(StoreError) -> Device {
        _ = try TeamStore.get(draft.team, in: tx)
        try requireApplication(draft.application, of: draft.team, in: tx)
        try requireFree(draft.name, in: draft.team, but: nil, in: tx)
        var group = draft.group
        if let id = group, try DeviceGroupStore.get(id, in: tx).filter != nil {
            // It comes there by itself if it belongs there; to refuse it would keep it out of the
            // site.
            group = nil
        }
        if let group { try requireGroup(group, of: draft.application, in: tx) }
        try tx.run(
            DeviceSQL.insert, draft.id, draft.team, draft.application, group, draft.name,
            draft.type, draft.tags.map(\.text).jsonText, draft.agent?.rawValue,
            Device.Mode.autonomous.rawValue, DesiredState.running.rawValue,
            String(decoding: draft.settings.json, as: UTF8.self), draft.secrets.credentialSecret,
            draft.secrets.pageSecret, tx.now)
        tx.accessChanged()
        var device = try get(draft.id, in: tx)
        if device.groupID == nil {
            device.groupID = try DeviceGroupStore.home(of: device, in: tx)
            if let home = device.groupID { try tx.run(DeviceGroupSQL.join, device.id, home) }
        }
        var changes = AuditChanges()
        changes.compare("name", nil, draft.name.text)
        changes.compare("application", nil, draft.application?.text)
        try tx.record(.created(device.reference, team: device.teamID, changes), by: actor)
        return device
    }

    /// Writes what differs, with a revision one higher.
    package static func replace(
        _ old: Device, by new: Device, _ actor: Actor, in tx: borrowing Transaction
    ) throws(StoreError) -> Device {
        var new = new
        if new.applicationID != old.applicationID, new.groupID == old.groupID {
            // A group belongs to one application.
            new.groupID = nil
        }
        if new.groupID != old.groupID, let group = new.groupID {
            try requireGroup(group, of: new.applicationID, in: tx)
        }
        new.groupID = try DeviceGroupStore.home(of: new, in: tx)
        var changes = AuditChanges()
        changes.compare("name", old.name.text, new.name.text)
        changes.compare("application", old.applicationID?.text, new.applicationID?.text)
        changes.compare("group", old.groupID?.text, new.groupID?.text)
        changes.compare("type", old.type, new.type)
        changes.compare("tags", old.tags.text, new.tags.text)
        changes.compare("agent", old.agent?.rawValue, new.agent?.rawValue)
        changes.compare("mode", old.mode.rawValue, new.mode.rawValue)
        changes.compare("desiredState", old.desiredState.rawValue, new.desiredState.rawValue)
        changes.compare("target", old.targetSnapshotID?.text, new.targetSnapshotID?.text)
        changes.compare("stack", old.stackID?.text, new.stackID?.text)
        changes.compare(old.settings, new.settings)
        guard !changes.isEmpty else { return old }
        if new.name != old.name { try requireFree(new.name, in: old.teamID, but: old.id, in: tx) }
        if new.applicationID != old.applicationID {
            try requireApplication(new.applicationID, of: old.teamID, in: tx)
            tx.accessChanged()
        }
        new.revision = old.revision + 1
        try tx.run(
            DeviceSQL.update, new.id, new.applicationID, new.groupID, new.name, new.type,
            new.tags.map(\.text).jsonText, new.agent?.rawValue, new.mode.rawValue,
            new.desiredState.rawValue, new.targetSnapshotID, new.stackID, new.revision,
            String(decoding: new.settings.json, as: UTF8.self))
        try tx.record(.changed(new.reference, team: new.teamID, changes), by: actor)
        return new
    }

    /// Nobody puts a device into a group that gathers its own.
    private static func requireGroup(
        _ id: DeviceGroup.ID, of application: Application.ID?, in tx: borrowing Transaction
    ) throws(StoreError) {
        let group = try DeviceGroupStore.get(id, in: tx)
        guard group.applicationID == application else {
            throw .conflict("A device cannot go to a group of another application.")
        }
        guard group.filter == nil else {
            throw .conflict(
                "The group “\(group.name)” gathers its devices by name, type and tags: change "
                    + "those of the device instead.")
        }
    }

    private static func requireFree(
        _ name: DeviceName, in team: Team.ID, but id: Device.ID?, in tx: borrowing Transaction
    ) throws(StoreError) {
        guard try tx.count(DeviceSQL.nameTaken, team, name, id?.text ?? "") == 0 else {
            throw .conflict("The team has a device “\(name)” already.")
        }
    }

    private static func requireApplication(
        _ application: Application.ID?, of team: Team.ID, in tx: borrowing Transaction
    ) throws(StoreError) {
        guard let application else { return }
        guard try ApplicationStore.get(application, in: tx).teamID == team else {
            throw .conflict("A device cannot go to an application of another team.")
        }
    }
}

extension [DeviceTag] {
    fileprivate var text: String { map(\.text).joined(separator: " ") }
}

extension AuditChanges {
    fileprivate mutating func compare(_ old: DeviceSettings, _ new: DeviceSettings) {
        compare("heapMB", old.heapMB, new.heapMB)
        compare("port", old.port, new.port)
        compare("paletteInstall", old.paletteInstall, new.paletteInstall)
        compare("localLogin", old.localLogin?.name, new.localLogin?.name)
        if old.localLogin?.passwordHash != new.localLogin?.passwordHash {
            secret("localLogin.password")
        }
        compare("httpAuth", old.httpAuth?.name, new.httpAuth?.name)
        if old.httpAuth?.passwordHash != new.httpAuth?.passwordHash {
            secret("httpAuth.password")
        }
        compare("timeZone", old.timeZone?.text, new.timeZone?.text)
        compare("logLevel", old.logLevel.rawValue, new.logLevel.rawValue)
        compare("nodeREDVersion", old.nodeREDVersion, new.nodeREDVersion)
        compare("probationSeconds", old.probationSeconds, new.probationSeconds)
    }
}

extension Device {
    init(row: borrowing Row) throws(StoreError) {
        let settings: JSONObject?
        do throws(JSONError) {
            settings = try JSONReader.read(Array(row.text(14).utf8)).object
        } catch { throw .corrupt }
        self.init(
            id: try row.id(0), organizationID: try row.id(1), teamID: try row.id(2),
            applicationID: try row.optionalID(3), groupID: try row.optionalID(4),
            name: DeviceName(stored: row.text(5)), type: row.text(6),
            tags: try row.texts(7).map(DeviceTag.init(stored:)),
            agent: row.isNull(8) ? nil : try row.word(8), mode: try row.word(9),
            desiredState: try row.word(10), targetSnapshotID: try row.optionalID(11),
            stackID: try row.optionalID(12), revision: row.int64(13),
            settings: DeviceSettings(stored: settings ?? JSONObject()),
            createdAt: row.timestamp(15))
    }
}

extension DeviceTag: Bindable {
    package var bound: SQLValue { .text(text) }
}

enum DeviceSQL: String, CaseIterable {
    case get = "SELECT * FROM device_row WHERE id = ?1"
    case all = "SELECT * FROM device_row ORDER BY name, id"
    case list = """
        SELECT * FROM device_row
        WHERE (?1 IS NULL OR (name, id) > (?1, ?2))
            AND (?3 IS NULL OR team_id = ?3) AND (?4 IS NULL OR application_id = ?4)
            AND (?5 IS NULL OR group_id = ?5)
            AND (?6 IS NULL OR EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?6))
            AND (?7 IS NULL OR name LIKE ?7 ESCAPE '\\' OR type LIKE ?7 ESCAPE '\\')
            AND (?8 IS NULL OR team_id IN (SELECT value FROM json_each(?8))
                OR application_id IN (SELECT value FROM json_each(?9)))
        ORDER BY name, id LIMIT ?10
        """
    case count = """
        SELECT count(*) FROM device_row
        WHERE (?1 IS NULL OR team_id = ?1) AND (?2 IS NULL OR application_id = ?2)
            AND (?3 IS NULL OR group_id = ?3)
            AND (?4 IS NULL OR EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?4))
            AND (?5 IS NULL OR name LIKE ?5 ESCAPE '\\' OR type LIKE ?5 ESCAPE '\\')
            AND (?6 IS NULL OR team_id IN (SELECT value FROM json_each(?6))
                OR application_id IN (SELECT value FROM json_each(?7)))
        """
    case insert = """
        INSERT INTO device (id, team_id, application_id, group_id, name, type, tags, agent, mode,
            desired_state, revision, settings, credential_secret, page_secret, created_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 1, ?11, ?12, ?13, ?14)
        """
    case update = """
        UPDATE device SET application_id = ?2, group_id = ?3, name = ?4, type = ?5, tags = ?6,
            agent = ?7, mode = ?8, desired_state = ?9, target_snapshot_id = ?10, stack_id = ?11,
            revision = ?12, settings = ?13
        WHERE id = ?1
        """
    case secrets = "SELECT credential_secret, page_secret FROM device WHERE id = ?1"
    case revokeCertificates = """
        UPDATE device_certificate SET revoked_ms = ?2, reason = ?3
        WHERE device_id = ?1 AND revoked_ms IS NULL
        """
    case delete = "DELETE FROM device WHERE id = ?1"
    case anyOfAgent = """
        SELECT count(*) FROM (SELECT 1 FROM device WHERE agent = ?1 LIMIT 1)
        """
    case nameTaken = """
        SELECT count(*) FROM device WHERE team_id = ?1 AND name = ?2 AND id <> ?3
        """
}
