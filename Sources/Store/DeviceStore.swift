import Basics
package import Domain
import SQLite

/// The devices of the site as they are wanted; what they said last is `DeviceReportStore`'s.
package struct DeviceStore: Sendable {
    let database: Database
    package init(database: Database) { self.database = database }

    /// `nil` for any.
    package struct Filter: Sendable, Hashable {
        package var team: Team.ID?
        package var application: Application.ID?
        package var group: DeviceGroup.ID?
        package var tag: DeviceTag?
        /// Only in these teams and applications.
        package var visible: Visible?

        package struct Visible: Sendable, Hashable {
            /// Whole teams, devices without an application included.
            package var teams: [Team.ID]
            package var applications: [Application.ID]
            package init(teams: [Team.ID], applications: [Application.ID]) {
                self.teams = teams
                self.applications = applications
            }
        }

        package init(
            team: Team.ID? = nil, application: Application.ID? = nil,
            group: DeviceGroup.ID? = nil, tag: DeviceTag? = nil, visible: Visible? = nil
        ) {
            self.team = team
            self.application = application
            self.group = group
            self.tag = tag
            self.visible = visible
        }
    }

    /// What a new device is made of.
    package struct Draft: Sendable {
        package var id: Device.ID
        package var team: Team.ID
        package var application: Application.ID?
        package var group: DeviceGroup.ID?
        package var name: DeviceName
        package var type: String
        package var tags: [DeviceTag]
        package var agent: Device.Agent?
        package var settings: DeviceSettings
        package var secrets: DeviceSecrets

        package init(
            id: Device.ID = .random(), team: Team.ID, application: Application.ID? = nil,
            group: DeviceGroup.ID? = nil, name: DeviceName, type: String = "",
            tags: [DeviceTag] = [], agent: Device.Agent? = nil,
            settings: DeviceSettings = DeviceSettings(), secrets: DeviceSecrets
        ) {
            self.id = id
            self.team = team
            self.application = application
            self.group = group
            self.name = name
            self.type = type
            self.tags = tags
            self.agent = agent
            self.settings = settings
            self.secrets = secrets
        }
    }

    package func get(_ id: Device.ID) async throws(StoreError) -> Device {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> Device in
            try DeviceStore.get(id, in: tx)
        }
    }

    package func hasAny(of agent: Device.Agent) async throws(StoreError) -> Bool {
        try await database.lookUp { (tx: borrowing ReadTransaction) throws(StoreError) -> Bool in
            try tx.count(DeviceSQL.anyOfAgent, agent.rawValue) > 0
        }
    }

    /// All of the site; for the fleet and the broker at start.
    package func all() async throws(StoreError) -> [Device] {
        try await database.read { (tx: borrowing ReadTransaction) throws(StoreError) -> [Device] in
            try tx.all(DeviceSQL.all, read: Device.init(row:))
        }
    }

    /// By name.
    package func list(
        _ filter: Filter = Filter(), _ request: PageRequest = PageRequest()
    ) async throws(StoreError) -> Page<Device> {
        try await database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> Page<Device> in
            let teams = filter.visible?.teams.map(\.text).jsonText
            let applications = filter.visible?.applications.map(\.text).jsonText
            let found = try tx.all(
                DeviceSQL.list, request.key(0), request.key(1), filter.team, filter.application,
                filter.group, filter.tag, request.pattern, teams, applications,
                request.limit + 1, read: Device.init(row:))
            let count = try tx.count(
                DeviceSQL.count, filter.team, filter.application, filter.group, filter.tag,
                request.pattern, teams, applications)
            return Page(found: found, request: request, count: count) {
                [$0.name.text, $0.id.text]
            }
        }
    }

    package func secrets(of id: Device.ID) async throws(StoreError) -> DeviceSecrets {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> DeviceSecrets in
            try tx.one("The device", DeviceSQL.secrets, id) { (row: borrowing Row) in
                DeviceSecrets(credentialSecret: row.blob(0), pageSecret: row.blob(1))
            }
        }
    }

    /// - Throws: `.notFound` for team, application or group; `.conflict` if the name is taken.
    package func insert(_ draft: Draft, by actor: Actor) async throws(StoreError) -> Device {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Device in
            try DeviceStore.insert(draft, by: actor, in: tx)
        }
    }

    /// Changes what the device shall be and raises its revision; nothing happens where `change`
    /// changes nothing.
    /// - Throws: `.notFound` for what it names; `.conflict` if the name is taken.
    package func update(
        _ id: Device.ID, by actor: Actor, _ change: @escaping @Sendable (inout Device) -> Void
    ) async throws(StoreError) -> Device {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Device in
            let old = try DeviceStore.get(id, in: tx)
            var new = old
            change(&new)
            return try DeviceStore.replace(old, by: new, actor, in: tx)
        }
    }

    /// Its certificates stay, revoked.
    package func delete(_ id: Device.ID, by actor: Actor) async throws(StoreError) -> Device {
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Device in
            let device = try DeviceStore.get(id, in: tx)
            try tx.run(DeviceSQL.revokeCertificates, id, tx.now, "removed")
            try tx.run(DeviceSQL.delete, id)
            tx.accessChanged()
            try tx.record(.removed(device.reference, team: device.teamID), by: actor)
            return device
        }
    }
}
