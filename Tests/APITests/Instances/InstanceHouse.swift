import API
import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import Net
import Site
import Store
import Synchronization

/// A house with instances, none of which ever runs, called as the network calls it.
struct InstanceHouse {
    let house: HouseFixture
    let factory: Factory
    let admin: HouseFixture.Client
    private let directory: TemporaryDirectory
    private let group: EventLoopGroup
    /// Runs tests of flows.
    private let tests: Task<Void, any Error>

    init(
        allowsPractice: Bool = true, recipes: RecipeStore = RecipeStore(files: [:])
    ) async throws {
        let directory = try TemporaryDirectory()
        let group = try EventLoopGroup(options: .standing)
        self.directory = directory
        self.group = group
        let runners = Mutex<FlowTestRunner?>(nil)
        house = try await HouseFixture { stores, bus in
            try await Self.resources(
                stores, bus, state: directory.path, group: group, allowsPractice: allowsPractice,
                recipes: recipes
            ) { runner in runners.withLock { $0 = runner } }
        }
        let runner = runners.withLock { $0 }
        tests = Task { try await runner?.run() }
        factory = try await house.factory()
        admin = try await house.token(of: factory.administrator)
    }

    /// The state directory.
    var state: String { directory.path }

    func end() async {
        tests.cancel()
        _ = await tests.result
        await group.shutdown()
    }

    /// The folder that holds `node-red` and `practice-runtime`.
    private static let checkout =
        #filePath.split(separator: "/").dropLast(4)
        .reduce(into: "") { $0 += "/\($1)" } + "/appliance"

    func call(
        _ method: HTTP.Method, _ path: String, _ body: JSONObject? = nil
    ) async throws -> HouseFixture.Answer {
        try await house.call(method, path, body, as: admin)
    }

    func create(
        _ name: String, _ more: (String, JSONValue)...
    ) async throws -> HouseFixture.Answer {
        try await call(
            .post, "applications/\(factory.application.id)/instances",
            JSONObject([("name", .string(name))] + more))
    }

    private static func resources(
        _ stores: Stores, _ bus: EventBus, state: String, group: EventLoopGroup,
        allowsPractice: Bool, recipes: RecipeStore, started: (FlowTestRunner) -> Void
    ) async throws -> [any Resource] {
        let sealer = Sealer(key: [UInt8](repeating: 3, count: 32))
        let runtime = IdleRuntime()
        let vault = Vault(directory: "\(state)/vault")
        try await vault.prepare()
        let fileVersions = FileVersions(state: state, vault: vault, stores: stores)
        let library = VersionLibrary(vault: vault, stores: stores, sealer: sealer)
        let deployer = FlowDeployer(
            stores: stores, runtime: runtime, library: library,
            recorder: VersionRecorder(vault: vault, stores: stores, files: fileVersions),
            admin: NodeREDAdmin(
                client: HTTPClient(group: group),
                tokens: EditorTokens(key: try SigningKey.generate())),
            sealer: sealer, state: state)
        let environment = InstanceEnvironment(instances: stores.instances, sealer: sealer)
        let maker = InstanceViewMaker(
            stores: stores, runtime: runtime, origins: HouseFixture.origins)
        let scopes = ScopeResolver(applications: stores.applications)
        let uploads = "\(state)/uploads"
        let inbox = UploadInbox(directory: uploads, limit: .mebibytes(64))
        try await inbox.prepare()
        let intake = SnapshotIntake(
            directory: uploads,
            unpacker: UnpackProcess(executable: BuiltLineside.executable))
        let runner = try FlowTestRunner.assemble(
            FlowTestParts(
                stores: stores, sealer: sealer, editorKey: try SigningKey.generate(),
                library: library, runtime: runtime, bus: bus, state: state,
                stackPath: { "/none/\($0)" }, allowsPractice: true),
            runtime: RuntimeFiles(root: checkout))
        started(runner)
        return [
            InstanceRoutes(
                stores: stores, runtime: runtime,
                registrar: InstanceRegistrar(
                    stores: stores, runtime: runtime, deployer: deployer,
                    environment: environment, sealer: sealer, state: state),
                recipes: recipes, library: library, maker: maker,
                passwords: PageBasicMaker(hasher: PasswordHasher()),
                defaults: NewInstanceDefaults(
                    memoryLimitMB: 256, allowsPractice: allowsPractice)),
            EnvironmentRoutes(environment: environment, runtime: runtime),
            FileRoutes(
                files: FilesKeeper(state: state, stores: stores), instances: stores.instances),
            LogRoutes(logs: stores.logs),
            ResourceRoutes(resources: stores.resources),
            PageTokenRoutes(tokens: stores.pageTokens),
            FlowRoutes(stores: stores, deployer: deployer, files: fileVersions),
            VersionFileRoutes(files: fileVersions, versions: stores.versions),
            VersionRoutes(
                stores: stores, deployer: deployer, library: library, intake: intake),
            FlowTestRoutes(stores: stores, runner: runner),
            SnapshotRoutes(
                stores: stores, deployer: deployer, library: library, intake: intake,
                inbox: inbox),
            ComparisonRoutes(
                stores: stores, comparer: FlowComparer(library: library, deployer: deployer)),
            LiveRoutes(
                bus: bus,
                callers: Authentication(
                    directory: CallerDirectory(stores: stores), origins: HouseFixture.origins),
                scopes: scopes, signal: SecuritySignal(),
                instances: InstanceFeed(instances: stores.instances, maker: maker),
                alarms: AlarmFeed(scopes: scopes), devices: SilentFeed(), build: "1"),
        ]
    }
}
