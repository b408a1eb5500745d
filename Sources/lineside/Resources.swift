import API
import Basics
import Crypto
import Domain
import HTTP
import Site
import Store

/// What the resources of the API work on.
struct Workings: Sendable {
    let configuration: Configuration
    let paths: StatePaths
    let foundations: Foundations
    let instances: Instances
    let origins: SiteOrigins
    let doorkeeper: Doorkeeper
    let scopes: ScopeResolver
    let signal: SecuritySignal
    let bus: EventBus
    let time: SteadyTime
    let devices: DeviceWorkings
    let content: DeviceContentParts
    let deviceDoors: DeviceDoors
    let broker: SiteBroker
    let admin: NodeREDAdmin
    let rollout: Rollout
    /// Of the page, for browsers that hold an older one.
    let build: String
    let certificates: Certificates
}

/// Every resource of the API: the same for the network, where callers sign in, and for the admin
/// socket, where the caller is the site.
struct Resources: Sendable {
    private let workings: Workings
    private let maker: InstanceViewMaker
    private let devices: DeviceViewMaker
    private let resources: [any Resource]

    init(_ workings: Workings) {
        self.workings = workings
        let foundations = workings.foundations
        let stores = foundations.stores
        let registry = workings.instances.registry
        let library = workings.instances.library
        let deployer = FlowDeployer(
            stores: stores, runtime: registry, library: library,
            recorder: workings.instances.recorder, admin: workings.admin,
            sealer: foundations.sealer, state: workings.paths.root)
        let environment = InstanceEnvironment(
            instances: stores.instances, sealer: foundations.sealer)
        let registrar = InstanceRegistrar(
            stores: stores, runtime: registry, deployer: deployer, environment: environment,
            sealer: foundations.sealer, state: workings.paths.root)
        let maker = InstanceViewMaker(
            stores: stores, runtime: registry, origins: workings.origins,
            files: workings.instances.fileUsages)
        let recipes = RecipeStore()
        let devices = DeviceViewMaker(
            devices: stores.devices, reports: workings.devices.reports)
        let desk = FrontDesk(
            stores: stores, passwords: foundations.passwords,
            marks: DeviceMark(key: foundations.sealer.derivedKey(for: "device marks")))
        let directory = RouteTable.directory(
            stores: stores, desk: desk, bus: workings.bus, time: workings.time,
            version: Product.version)
        let others: [any Resource] = [
            InstanceRoutes(
                stores: stores, runtime: registry, registrar: registrar, recipes: recipes,
                library: library, maker: maker,
                passwords: PageBasicMaker(hasher: foundations.passwords),
                defaults: NewInstanceDefaults(
                    memoryLimitMB: workings.configuration.instances.defaultMemoryMB,
                    allowsPractice: workings.configuration.instances.practice)),
            EnvironmentRoutes(environment: environment, runtime: registry),
            FileRoutes(files: workings.instances.files, instances: stores.instances),
            LogRoutes(logs: stores.logs),
            ResourceRoutes(resources: stores.resources),
            FlowRoutes(
                stores: stores, deployer: deployer, files: workings.instances.fileVersions),
            VersionFileRoutes(
                files: workings.instances.fileVersions, versions: stores.versions),
            VersionRoutes(
                stores: stores, deployer: deployer, library: library,
                intake: workings.instances.intake),
            SnapshotRoutes(
                stores: stores, deployer: deployer, library: library,
                intake: workings.instances.intake, inbox: workings.instances.inbox),
            ComparisonRoutes(
                stores: stores, comparer: FlowComparer(library: library, deployer: deployer)),
            FlowTestRoutes(stores: stores, runner: workings.instances.tests),
            DoorRoutes(
                instances: stores.instances, doorkeeper: workings.doorkeeper,
                origins: workings.origins),
            DeviceDoorRoutes(
                doorkeeper: workings.doorkeeper, origins: workings.origins,
                door: workings.deviceDoors.door, tunnels: workings.deviceDoors.tunnels),
            PageTokenRoutes(tokens: stores.pageTokens),
            BrokerRoutes(
                stores: stores, users: workings.broker.users,
                status: { [service = workings.broker.service] in service.status }),
            StackRoutes(stacks: workings.instances.stacks, inbox: workings.instances.inbox),
            DeviceRoutes(
                stores: stores, maker: devices, observer: workings.devices.observer,
                fitness: workings.rollout.fitness),
            DeviceSettingsRoutes(
                devices: stores.devices,
                environment: DeviceEnvironment(
                    devices: stores.devices, sealer: foundations.sealer),
                secrets: DeviceSecretMaker(
                    sealer: foundations.sealer, hasher: foundations.passwords),
                observer: workings.devices.observer),
            EnrolmentRoutes(
                stores: stores, desk: workings.devices.desk, stock: workings.devices.stock,
                maker: devices),
            EstRoutes(
                desk: workings.devices.desk, authorities: workings.devices.authorities),
            DeviceGroupRoutes(
                stores: stores, fleet: workings.rollout.fleet, fitness: workings.rollout.fitness),
            DeploymentRoutes(stores: stores, service: workings.rollout.service),
            MaintenanceWindowRoutes(
                stores: stores, zones: workings.rollout.zones, service: workings.rollout.service),
            AgentContentRoutes(
                documents: workings.devices.documents, contents: workings.content.contents,
                records: workings.content.records),
            RecipeRoutes(recipes: recipes),
            workings.certificates.routes(foundations),
            OverviewRoutes(
                stores: stores, runtime: registry,
                facts: ApplianceFacts(
                    configuration: workings.configuration, stores: stores,
                    authority: foundations.authority),
                reports: workings.devices.reports),
        ]
        self.maker = maker
        self.devices = devices
        resources =
            directory + others + workings.devices.parts.resources(stores, recipes: recipes)
    }

    func routes(callers: any CallerSource) -> [Route] {
        let live = LiveRoutes(
            bus: workings.bus, callers: callers, scopes: workings.scopes,
            signal: workings.signal,
            instances: InstanceFeed(
                instances: workings.foundations.stores.instances, maker: maker),
            alarms: AlarmFeed(scopes: workings.scopes),
            devices: workings.devices.parts.feed(
                workings.foundations.stores, maker: devices), build: workings.build)
        let creation = DeviceCreationRoutes(
            stores: workings.foundations.stores, maker: devices,
            secrets: DeviceSecretMaker(
                sealer: workings.foundations.sealer, hasher: workings.foundations.passwords),
            stock: workings.devices.stock, observer: workings.devices.observer,
            callers: callers)
        let stock = StockRoutes(stock: workings.devices.stock, creation: creation)
        return RouteTable.described(resources + [creation, stock, live], version: Product.version)
    }
}
