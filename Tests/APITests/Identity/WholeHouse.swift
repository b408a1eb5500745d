import API
import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import Net
import Site
import Store

/// Every route of the product, over parts that never run: to look at the routes, not to call them.
struct WholeHouse {
    let routes: [Route]
    private let directory: TemporaryDirectory

    init(stores: Stores) async throws {
        directory = try TemporaryDirectory()
        let path = directory.path
        let bus = EventBus()
        let group = try EventLoopGroup(options: .standing)
        let signal = SecuritySignal()
        let origins = HouseFixture.origins
        let passwords = PasswordHasher()
        let sealer = Sealer(key: [UInt8](repeating: 3, count: 32))
        let runtime = IdleRuntime()
        let vault = Vault(directory: path)
        let fileVersions = FileVersions(state: path, vault: vault, stores: stores)
        let library = VersionLibrary(vault: vault, stores: stores, sealer: sealer)
        let deployer = FlowDeployer(
            stores: stores, runtime: runtime, library: library,
            recorder: VersionRecorder(vault: vault, stores: stores),
            admin: NodeREDAdmin(
                client: HTTPClient(group: group),
                tokens: EditorTokens(key: try SigningKey.generate())),
            sealer: sealer, state: path)
        let environment = InstanceEnvironment(instances: stores.instances, sealer: sealer)
        let maker = InstanceViewMaker(stores: stores, runtime: runtime, origins: origins)
        let sessions = CallerDirectory(stores: stores)
        let scopes = ScopeResolver(applications: stores.applications)
        let recipes = RecipeStore(files: [:])
        let devices = DeviceViewMaker(devices: stores.devices, reports: NoDeviceReports())
        let secrets = DeviceSecretMaker(sealer: sealer, hasher: passwords)
        let strangers = StrangerJournal(audit: stores.audit)
        let stock = StockEnrolment(
            stores: stores, sealer: sealer, observer: DeviceObservers(), strangers: strangers)
        let creation = DeviceCreationRoutes(
            stores: stores, maker: devices, secrets: secrets, stock: stock,
            observer: DeviceObservers(),
            callers: Authentication(directory: sessions, origins: origins))
        let desk = EnrolmentDesk(
            stores: stores, sealer: sealer, signer: try TestSigner(),
            surroundings: .init(
                site: "site", key: try SigningKey.generate(), authorities: { "" },
                pin: [UInt8](repeating: 0, count: 32), urls: { [] }),
            observer: DeviceObservers(), strangers: strangers,
            revocations: RevocationKeeper(
                stores: stores, signer: try TestSigner(), observer: DeviceObservers(),
                alarms: AlarmRaiser(stores: stores, bus: EventBus()),
                file: "\(path)/revocations.reserve"))
        let rollout = RolloutService(
            stores: stores, fleet: NoRolloutFleet(), fitness: NoRolloutFitness(),
            alarms: StoredRolloutAlarms(stores: stores, bus: bus), bus: bus)
        let doorkeeper = Doorkeeper(
            sessions: StoredSessions(stores.sessions),
            tickets: GatewayTickets(key: [UInt8](repeating: 1, count: 32)), signal: signal)
        let door = DeviceDoor(
            identities: NoIdentities(), broker: BrokerEntrance(), signal: signal)
        let names: @Sendable () -> LocalNames = {
            LocalNames(names: ["plant"], addresses: ["10.0.0.5"])
        }
        let files = AuthorityFiles(StatePaths(path))
        let signer = try SignerDesk(files, names: names)
        let certificates = DeviceCertificates(
            stores: stores, signer: Signer(signer), signal: signal, file: "\(path)/revoked.pem")
        let tool = AuthorityTool(state: path)
        let resources: [any Resource] =
            RouteTable.directory(
                stores: stores,
                desk: FrontDesk(
                    stores: stores, passwords: passwords, marks: DeviceMark(key: [1])),
                bus: bus, time: SteadyTime(settings: stores.settings), version: "0.1.0") + [
                InstanceRoutes(
                    stores: stores, runtime: runtime,
                    registrar: InstanceRegistrar(
                        stores: stores, runtime: runtime, deployer: deployer,
                        environment: environment, sealer: sealer, state: path),
                    recipes: recipes, library: library, maker: maker,
                    passwords: PageBasicMaker(hasher: passwords),
                    defaults: NewInstanceDefaults(memoryLimitMB: 256, allowsPractice: true)),
                EnvironmentRoutes(environment: environment, runtime: runtime),
                FileRoutes(
                    files: FilesKeeper(state: path, stores: stores), instances: stores.instances),
                LogRoutes(logs: stores.logs), ResourceRoutes(resources: stores.resources),
                FlowRoutes(stores: stores, deployer: deployer, files: fileVersions),
                VersionFileRoutes(files: fileVersions, versions: stores.versions),
                VersionRoutes(
                    stores: stores, deployer: deployer, library: library,
                    intake: SnapshotIntake(directory: path)),
                SnapshotRoutes(
                    stores: stores, deployer: deployer, library: library,
                    intake: SnapshotIntake(directory: path),
                    inbox: UploadInbox(directory: path, limit: .mebibytes(64))),
                ComparisonRoutes(
                    stores: stores, comparer: FlowComparer(library: library, deployer: deployer)),
                DoorRoutes(
                    instances: stores.instances,
                    doorkeeper: doorkeeper, origins: origins),
                DeviceDoorRoutes(
                    doorkeeper: doorkeeper, origins: origins, door: door,
                    tunnels: DeviceTunnels(
                        opener: NoTunnelOpener(), door: door, loop: group.loops[0])),
                PageTokenRoutes(tokens: stores.pageTokens),
                BrokerRoutes(
                    stores: stores,
                    users: BrokerUsers(
                        stores: stores,
                        access: BrokerAccess(files: BrokerFiles(path), link: BrokerLink())),
                    status: { BrokerStatus(state: .stopped) }),
                FlowTestRoutes(
                    stores: stores,
                    runner: try FlowTestRunner.assemble(
                        FlowTestParts(
                            stores: stores, sealer: sealer, editorKey: try SigningKey.generate(),
                            library: library, runtime: runtime, bus: bus, state: path,
                            stackPath: { "/none/\($0)" }, allowsPractice: true),
                        runtime: RuntimeFiles(root: "/none"))),
                StackRoutes(
                    stacks: StackRegistry(
                        shelf: StackShelf(directory: path), store: stores.stacks),
                    inbox: UploadInbox(directory: path, limit: .mebibytes(1))),
                DeviceRoutes(
                    stores: stores, maker: devices, observer: DeviceObservers(),
                    fitness: NoRolloutFitness()),
                creation, StockRoutes(stock: stock, creation: creation),
                EnrolmentRoutes(stores: stores, desk: desk, stock: stock, maker: devices),
                EstRoutes(desk: desk, authorities: { "" }),
                DeviceSettingsRoutes(
                    devices: stores.devices,
                    environment: DeviceEnvironment(devices: stores.devices, sealer: sealer),
                    secrets: secrets, observer: DeviceObservers()),
                DeviceGroupRoutes(
                    stores: stores, fleet: NoRolloutFleet(), fitness: NoRolloutFitness()),
                DeploymentRoutes(stores: stores, service: rollout),
                MaintenanceWindowRoutes(stores: stores, zones: ZoneBook(), service: rollout),
                AgentContentRoutes(
                    documents: NoDesiredDocuments(),
                    contents: DeviceContents(vault: vault, artifacts: stores.artifacts),
                    records: DeviceRecordKeeper(
                        logs: stores.logs, resources: stores.resources, bus: bus)),
                RecipeRoutes(recipes: recipes),
                CertificateRoutes(
                    stores: stores,
                    authority: try SiteAuthority(
                        files, server: "\(path)/tls", signer: signer, names: names),
                    devices: certificates,
                    keeper: RecoveryKeeper(
                        stores: stores, sealer: sealer, paths: StatePaths(path), tool: tool,
                        certificates: certificates, configuration: []),
                    clerk: AuthorityClerk(tool)),
                OverviewRoutes(
                    stores: stores, runtime: runtime, facts: NoFacts(),
                    reports: NoDeviceReports()),
                LiveRoutes(
                    bus: bus,
                    callers: Authentication(directory: sessions, origins: origins),
                    scopes: scopes, signal: signal,
                    instances: InstanceFeed(instances: stores.instances, maker: maker),
                    alarms: AlarmFeed(scopes: scopes), devices: SilentFeed(), build: "1"),
            ]
        let fleet = IdleFleet(stores: stores, bus: bus, sealer: sealer, library: library)
        routes = RouteTable.described(
            resources + fleet.resources(stores, recipes: recipes), version: "0.1.0")
        await group.shutdown()
    }
}

/// Nothing runs.
struct IdleRuntime: InstanceRuntime {
    func status(of id: Instance.ID) async -> InstanceStatus { InstanceStatus(id: id) }
    func start(_ id: Instance.ID) async {}
    func stop(_ id: Instance.ID) async {}
    func restart(_ id: Instance.ID) async {}
    func kill(_ id: Instance.ID) async {}
    func refresh(_ id: Instance.ID) async {}
    func drain(_ id: Instance.ID) async {}
    func halt(_ id: Instance.ID) async {}
    func retire(_ id: Instance.ID) async {}
}

private struct NoIdentities: DeviceIdentities {
    func device(certificate serial: String) -> (device: Device.ID, team: Team.ID)? { nil }
}

struct NoFacts: SiteFacts {
    func now() async -> SiteCondition {
        SiteCondition(
            version: "0.1.0", uptimeSeconds: 1, diskTotal: ByteCount(2), diskFree: ByteCount(1),
            databaseSize: ByteCount(1), certificateExpiresAt: nil, lastBackupAt: nil,
            isDirectBackend: true, notices: [])
    }
}
