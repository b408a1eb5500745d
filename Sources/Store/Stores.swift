import Basics
import Glibc

/// All stores over the two databases of a site.
package struct Stores: Sendable {
    package let registry: Database
    package let history: Database
    /// The logs of before lie aside in `logs.db.damaged`, since this start.
    package let historyWasDamaged: Bool

    package let settings: SettingStore
    package let audit: AuditStore
    package let users: UserStore
    package let sessions: SessionStore
    package let tokens: TokenStore
    package let grants: GrantStore
    package let invitations: InvitationStore
    package let teams: TeamStore
    package let applications: ApplicationStore
    package let instances: InstanceStore
    package let pageTokens: PageTokenStore
    package let stacks: StackStore
    package let blobs: BlobStore
    package let versions: VersionStore
    package let retention: RetentionStore
    package let snapshots: SnapshotStore
    package let flowTests: FlowTestStore
    package let flowTestRuns: FlowTestRunStore
    package let devices: DeviceStore
    package let enrolmentTokens: EnrolmentTokenStore
    package let enrolments: EnrolmentStore
    package let brokerClients: BrokerClientStore
    package let deviceReports: DeviceReportStore
    package let deviceSecrets: DeviceSecretStore
    package let deviceGroups: DeviceGroupStore
    package let windows: MaintenanceWindowStore
    package let deployments: DeploymentStore
    package let certificates: CertificateStore
    package let library: LibraryStore
    package let alarms: AlarmStore
    package let artifacts: ArtifactStore
    package let logs: LogStore
    package let resources: ResourceStore
    package let lockout: DeviceLockout

    package init(
        registry: Database, history: Database, logBounds: LogStore.Bounds = .init(),
        historyWasDamaged: Bool = false
    ) {
        self.registry = registry
        self.history = history
        self.historyWasDamaged = historyWasDamaged
        settings = SettingStore(database: registry)
        audit = AuditStore(database: registry)
        users = UserStore(database: registry)
        sessions = SessionStore(database: registry)
        tokens = TokenStore(database: registry)
        grants = GrantStore(database: registry)
        invitations = InvitationStore(database: registry)
        teams = TeamStore(database: registry)
        applications = ApplicationStore(database: registry)
        instances = InstanceStore(database: registry)
        pageTokens = PageTokenStore(database: registry)
        stacks = StackStore(database: registry)
        blobs = BlobStore(database: registry)
        versions = VersionStore(database: registry)
        retention = RetentionStore(database: registry)
        snapshots = SnapshotStore(database: registry)
        flowTests = FlowTestStore(database: registry)
        flowTestRuns = FlowTestRunStore(database: registry)
        devices = DeviceStore(database: registry)
        enrolmentTokens = EnrolmentTokenStore(database: registry)
        enrolments = EnrolmentStore(database: registry)
        brokerClients = BrokerClientStore(database: registry)
        deviceReports = DeviceReportStore(database: registry)
        let lockout = DeviceLockout()
        self.lockout = lockout
        deviceSecrets = DeviceSecretStore(database: registry, lockout: lockout)
        deviceGroups = DeviceGroupStore(database: registry)
        windows = MaintenanceWindowStore(database: registry)
        deployments = DeploymentStore(database: registry)
        certificates = CertificateStore(database: registry, lockout: lockout)
        library = LibraryStore(database: registry)
        alarms = AlarmStore(database: registry)
        artifacts = ArtifactStore(database: registry)
        logs = LogStore(database: history, bounds: logBounds)
        resources = ResourceStore(database: history)
    }

    /// Opens `registry.db` and `logs.db` in a state directory. A damaged `logs.db` is put aside: no
    /// log is worth a plant that stands still. A damaged registry is refused.
    package static func open(directory: String) async throws(DatabaseFault) -> Stores {
        let registry = try await Database(path: "\(directory)/registry.db")
        let path = "\(directory)/logs.db"
        do throws(DatabaseFault) {
            return Stores(registry: registry, history: try await history(path))
        } catch {
            guard error.isDamage else { throw error }
            Log("store").error("\(error) It is put aside, and the logs begin anew.")
            for suffix in ["", "-wal", "-shm"] { rename(path + suffix, "\(path).damaged\(suffix)") }
            return Stores(
                registry: registry, history: try await history(path), historyWasDamaged: true)
        }
    }

    private static func history(_ path: String) async throws(DatabaseFault) -> Database {
        try await Database(path: path, migrations: Migrations.logs, durability: .relaxed)
    }

    /// For tests.
    package static func inMemory() async throws(DatabaseFault) -> Stores {
        Stores(
            registry: try await .inMemory(),
            history: try await .inMemory(migrations: Migrations.logs))
    }

    package func close() {
        registry.close()
        history.close()
    }
}

/// Every statement of the module with the schema that it is written for; a test prepares them all.
package enum Statements {
    package static let registry: [String] = [
        texts(DatabaseSQL.self),
        texts(AuditSQL.self),
        texts(AuditKeepingSQL.self),
        texts(SettingSQL.self),
        texts(TeamSQL.self),
        texts(ApplicationSQL.self),
        texts(UserSQL.self),
        texts(GrantSQL.self),
        texts(SessionSQL.self),
        texts(TokenSQL.self),
        texts(InvitationSQL.self),
        texts(InstanceSQL.self),
        texts(RuntimeSQL.self),
        texts(PageTokenSQL.self),
        texts(StackSQL.self),
        texts(BlobSQL.self),
        texts(VersionSQL.self),
        texts(RetentionSQL.self),
        texts(SnapshotSQL.self),
        texts(FlowTestSQL.self),
        texts(FlowTestRunSQL.self),
        texts(DeviceSQL.self),
        texts(BrokerClientSQL.self),
        texts(DeviceReportSQL.self),
        texts(DeviceWantedSQL.self),
        texts(LibrarySQL.self),
        texts(AutomaticSnapshotSQL.self),
        texts(DeviceSecretSQL.self),
        texts(DeviceEnvironmentSQL.self),
        texts(DeviceSurroundingsSQL.self),
        texts(DeviceImportSQL.self),
        texts(EnrolmentTokenSQL.self),
        texts(EnrolmentSQL.self),
        texts(DeviceGroupSQL.self),
        texts(MaintenanceWindowSQL.self),
        texts(DeploymentSQL.self),
        texts(CertificateSQL.self),
        texts(AlarmSQL.self),
        texts(ArtifactSQL.self),
        texts(ArtifactPruningSQL.self),
    ].flatMap { $0 }
    package static let logs: [String] = [texts(LogSQL.self), texts(ResourceSQL.self)].flatMap { $0 }

    private static func texts<Table: CaseIterable & RawRepresentable<String>>(
        _ table: Table.Type
    ) -> [String] { table.allCases.map(\.rawValue) }
}
