import API
import Basics
import Crypto
import Domain
import HTTP
import Site
import Store

/// Every resource of the API with what it works on: the same routes for the network, where callers
/// sign in, and for the admin socket, where the caller is the site.
struct Resources: Sendable {
    let configuration: Configuration
    let paths: StatePaths
    let foundations: Foundations
    let instances: Instances
    let origins: SiteOrigins
    let doorkeeper: Doorkeeper
    let scopes: ScopeResolver
    let signal: SecuritySignal
    let bus: EventBus
    let admin: NodeREDAdmin
    /// Of the page, for browsers that hold an older one.
    let build: String

    func routes(callers: any CallerSource) -> [Route] {
        let stores = foundations.stores
        let registry = instances.registry
        let deployer = FlowDeployer(
            stores: stores, runtime: registry, library: instances.library,
            recorder: instances.recorder, admin: admin, sealer: foundations.sealer,
            state: paths.root)
        let environment = InstanceEnvironment(
            instances: stores.instances, sealer: foundations.sealer)
        let registrar = InstanceRegistrar(
            stores: stores, runtime: registry, deployer: deployer, environment: environment,
            sealer: foundations.sealer, state: paths.root)
        let maker = InstanceViewMaker(stores: stores, runtime: registry, origins: origins)
        let recipes = RecipeStore()
        let resources: [any Resource] = [
            InstanceRoutes(
                stores: stores, runtime: registry, registrar: registrar, recipes: recipes,
                maker: maker, passwords: PageBasicMaker(hasher: foundations.passwords),
                defaults: NewInstanceDefaults(
                    memoryLimitMB: configuration.instances.defaultMemoryMB,
                    allowsPractice: configuration.instances.practice)),
            EnvironmentRoutes(environment: environment, runtime: registry),
            LogRoutes(logs: stores.logs),
            ResourceRoutes(resources: stores.resources),
            FlowRoutes(stores: stores, deployer: deployer),
            VersionRoutes(
                versions: stores.versions, instances: stores.instances, deployer: deployer,
                library: instances.library),
            SnapshotRoutes(stores: stores, deployer: deployer, library: instances.library),
            DoorRoutes(instances: stores.instances, doorkeeper: doorkeeper, origins: origins),
            PageTokenRoutes(tokens: stores.pageTokens),
            StackRoutes(stacks: instances.stacks, inbox: instances.inbox),
            RecipeRoutes(recipes: recipes),
            OverviewRoutes(
                stores: stores, runtime: registry,
                facts: ApplianceFacts(
                    configuration: configuration, stores: stores,
                    authority: foundations.authority)),
            LiveRoutes(
                bus: bus, callers: callers, scopes: scopes, signal: signal,
                instances: InstanceFeed(instances: stores.instances, maker: maker),
                alarms: AlarmFeed(scopes: scopes), build: build),
        ]
        return RouteTable.routes(resources)
    }
}
