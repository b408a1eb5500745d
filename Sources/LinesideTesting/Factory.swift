package import Basics
package import Domain
package import Store
import Synchronization

/// Makes things with defaults for everything that a test does not care about, in stores in memory
/// that were set up: user `anna` is the administrator, and there is one team with one application.
package struct Factory: Sendable {
    package let stores: Stores
    package let administrator: User
    package let team: Team
    package let application: Application

    package init() async throws { try await self.init(stores: .inMemory()) }

    /// - Parameter passwordHash: of the administrator.
    package init(stores: Stores, passwordHash: String = "none") async throws {
        self.stores = stores
        administrator = try await stores.settings.setUp(
            SettingStore.Setup(
                username: try Username(validating: "anna"), passwordHash: passwordHash,
                site: SiteSettings(
                    name: try Name(validating: "Plant 7"), language: .english,
                    timeZone: .utc)),
            by: .site)
        let teams = try await stores.teams.list().items
        guard let team = teams.first else { throw StoreError.notFound("The team") }
        let applications = try await stores.applications.list(of: team.id).items
        guard let application = applications.first else {
            throw StoreError.notFound("The application")
        }
        self.team = team
        self.application = application
    }

    package func user(
        _ name: String, passwordHash: String? = nil, _ grants: [(Scope, Role)] = []
    ) async throws -> User {
        let user = try await stores.users.insert(
            try Username(validating: name), name: try PersonName(validating: name),
            language: .english, passwordHash: passwordHash, by: .site)
        for (scope, role) in grants {
            _ = try await stores.grants.grant(role, at: scope, to: user.id, by: .site)
        }
        return user
    }

    package func team(_ name: String) async throws -> Team {
        try await stores.teams.insert(try Name(validating: name), by: .site)
    }

    package func application(_ name: String, in team: Team? = nil) async throws -> Application {
        try await stores.applications.insert(
            try Name(validating: name), description: .empty, in: (team ?? self.team).id, by: .site)
    }

    package func instance(
        _ name: String, in application: Application? = nil, stack: Stack.ID? = nil
    ) async throws -> Instance {
        try await stores.instances.insert(
            InstanceStore.Draft(
                application: (application ?? self.application).id,
                name: try InstanceName(validating: name), stack: stack,
                secrets: InstanceSecrets(credentialSecret: [1], pageSecret: [2])),
            by: .site)
    }

    /// - Parameter application: `.some(nil)`: not assigned to any.
    package func device(
        _ name: String, in application: Application?? = nil, agent: Device.Agent? = nil
    ) async throws -> Device {
        let home = application ?? self.application
        return try await stores.devices.insert(
            .init(
                team: home?.teamID ?? team.id, application: home?.id,
                name: try Name(validating: name), agent: agent,
                secrets: DeviceSecrets(credentialSecret: [1], pageSecret: [2])), by: .site)
    }

    /// Of an instance of its own.
    package func snapshot(_ name: String, flows: Int) async throws -> Snapshot {
        let instance = try await instance(name)
        let version = try await version(of: instance, flows: flows)
        return try await stores.snapshots.insert(
            try Name(validating: name), note: .empty, of: version.id, in: instance.id, by: .site)
    }

    /// Kept, and driven by nobody.
    package func deployment(
        of snapshot: Snapshot, to devices: [Device], plan: RolloutPlan = RolloutPlan(),
        window: MaintenanceWindow.ID? = nil
    ) async throws -> Deployment {
        let deployment = Deployment(
            id: .random(), organizationID: team.organizationID, teamID: team.id,
            applicationID: application.id, snapshotID: snapshot.id, windowID: window,
            name: Name(stored: snapshot.name.text), plan: plan, state: .running,
            createdAt: .now(), createdBy: "anna")
        try await stores.deployments.insert(
            DeploymentMachine(deployment, members: devices.map(\.id), now: .now()), by: .site)
        return deployment
    }

    package func stack(_ name: String, addedAt: Timestamp = .now()) async throws -> Stack {
        try await stores.stacks.insert(
            Stack(
                id: .random(), name: try Name(validating: name), version: "1.0.0",
                nodeRED: "4.1.3", node: nil, abi: nil, architecture: "any",
                size: .mebibytes(90), files: 4_000, digest: Factory.address(1),
                addedAt: addedAt, addedBy: "anna"),
            by: .site)
    }

    package func version(
        of instance: Instance, flows: Int = 1, credentials: Int? = nil, spoolID: String? = nil
    ) async throws -> Version {
        try await stores.versions.append(
            VersionStore.Draft(
                instance: instance.id, spoolID: spoolID, at: .now(), by: "anna", source: .editor,
                summary: "1 node changed", flows: Factory.blob(flows),
                credentials: credentials.map(Factory.blob),
                modules: [NodeModule(name: "node-red", version: "4.1.3")], stack: nil),
            by: .site)
    }

    package static func blob(_ number: Int) -> StoredBlob {
        StoredBlob(address: address(number), size: ByteCount(100), storedSize: ByteCount(60))
    }

    package static func address(_ number: Int) -> ContentAddress {
        let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 32)
        guard let address = ContentAddress(digest: bytes) else {
            preconditionFailure("32 bytes are an address")
        }
        return address
    }
}

/// A clock that stands until somebody moves it.
package final class ManualClock: Sendable {
    private let moment: Mutex<Timestamp>

    package init(_ moment: Timestamp = Timestamp(milliseconds: 1_800_000_000_000)) {
        self.moment = Mutex(moment)
    }

    package var now: Timestamp { moment.withLock { $0 } }

    package func advance(by duration: Duration) { moment.withLock { $0 = $0 + duration } }
}
