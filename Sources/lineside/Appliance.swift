import API
import Basics
import Crypto
import Domain
import HTTP
import Net
import Site
import Store

/// The composition root: every part is made here, in the order in which they need each other, and
/// gets what it needs from nowhere else.
struct Appliance: Sendable {
    let foundations: Foundations
    let doors: FrontDoors
    /// Run as long as the appliance; started in this order, stopped in reverse.
    let services: [any Service]

    static func assemble(
        _ configuration: Configuration, _ paths: StatePaths, _ foundations: Foundations
    ) async throws(CommandFailure) -> Appliance {
        let group: EventLoopGroup
        do throws(NetError) { group = try EventLoopGroup() } catch {
            throw CommandFailure("\(error)")
        }
        let client = HTTPClient(group: group)
        let proxy = Proxy(client: client)
        let doors = try FrontDoors.open(
            configuration, adminSocket: paths.adminSocket, group: group,
            tls: foundations.authority.tls
        ) { request, upstream, policy in
            await proxy.forward(request, to: upstream, policy: policy)
        }
        let names = configuration.names
        let origins = SiteOrigins(
            names: HostNames { LocalNames.current(extra: names).all },
            platformPort: doors.ports.platform,
            editorsPort: doors.ports.editors, pagesPort: doors.ports.pages)

        let stores = foundations.stores
        let bus = EventBus()
        let signal = SecuritySignal()
        let time = SteadyTime(settings: stores.settings)
        let trust = try await Certificates.raise(
            configuration, paths, foundations, signal: signal)
        let certificates = trust.devices
        let witness = EditorWitness()
        let instances = try await Instances.raise(
            configuration, paths, foundations, bus: bus, witness: witness)
        let tokens = EditorTokens(key: foundations.editorKey)
        let doorkeeper = Doorkeeper(
            sessions: StoredSessions(stores.sessions),
            tickets: GatewayTickets(key: foundations.sealer.derivedKey(for: "gateway tickets")),
            signal: signal)
        let sockets = OpenSockets(doorkeeper: doorkeeper, signal: signal)
        let gateway = Gateway(
            origins: origins, doorkeeper: doorkeeper,
            directory: EntranceBook(
                instances: stores.instances, sealer: foundations.sealer,
                runtime: instances.registry, signal: signal),
            sockets: sockets)
        let content = DeviceContentParts(
            instances, stores: stores, state: paths.root, bus: bus,
            practice: configuration.instances.practice)
        let broker = SiteBroker(
            configuration, paths, stores: stores, authority: foundations.authority,
            entrance: BrokerEntrance(), alarms: instances.alarms, loops: group, bus: bus)
        let door = DeviceDoor(
            identities: certificates, broker: broker.entrance, signal: signal)
        let parts = try Devices.raise(
            foundations, instances, bus: bus, link: broker.link, manifests: content.manifests,
            contents: content.contents, door: door)
        let deviceDoors = DeviceDoors(
            door: door, opener: FleetTunnelOpener(fleet: parts.fleet),
            foundations: foundations, tokens: tokens, signal: signal,
            stacks: instances.stacks, loops: group)
        let editors = EditorGateway(
            gateway, tokens: tokens, witness: witness, devices: deviceDoors.gateway)
        let pages = PageGateway(
            gateway, door: PageDoor(hasher: foundations.passwords),
            pageTokens: StoredPageTokens(stores.pageTokens), files: instances.files,
            devices: deviceDoors.gateway)

        let rollout = Rollout(
            stores: stores,
            fleet: BookedRolloutFleet(book: parts.fleet.book, observer: parts.fleet),
            content: content, vault: instances.vault, bus: bus)
        let scopes = ScopeResolver(applications: stores.applications)
        let page = WebUI()
        let devices = try DeviceWorkings(
            paths, configuration, foundations, certificates: certificates,
            port: doors.ports.platform, parts: parts, bus: bus,
            observer: DeviceObservers([
                broker.users, parts.fleet, rollout.service,
                TunnelEnding(tunnels: deviceDoors.tunnels),
            ]), alarms: instances.alarms)
        let pki = PublicCertificates(
            book: foundations.authority.book, devices: certificates, next: page.answer)
        let resources = Resources(
            Workings(
                configuration: configuration, paths: paths, foundations: foundations,
                instances: instances, origins: origins, doorkeeper: doorkeeper, scopes: scopes,
                signal: signal, bus: bus, time: time, devices: devices, content: content,
                deviceDoors: deviceDoors,
                broker: broker,
                admin: NodeREDAdmin(client: client, tokens: tokens), rollout: rollout,
                build: page.build, certificates: trust))
        let console = ConsoleCallers()
        let network = CertificateCallers(
            identities: certificates, devices: stores.devices,
            next: Authentication(
                directory: CallerDirectory(stores: stores, signal: signal), origins: origins))
        let packageDoor = PackageDoor(
            registry: content.packages,
            callers: SitePackageCallers(callers: network, teams: stores.teams),
            origins: origins, next: StockGreeting.before(pki.answer))
        let platform = Dispatcher(
            routes: resources.routes(callers: network), callers: network, scopes: scopes,
            origins: origins, pages: deviceDoors.pages(origins, packageDoor.answer))
        let admin = Dispatcher(
            routes: resources.routes(callers: console), callers: console, scopes: scopes,
            origins: nil, pages: AdminDoor(firstRun: FirstRun(foundations: foundations)).answer)
        // Told by the registry itself: no route can forget it, and a stranger who knocks often
        // does not make every open editor be looked at again.
        stores.registry.observeAccess { signal.raise() }
        doors.platform.open(platform.answer)
        doors.admin.open(admin.answer)
        doors.devices.open(deviceDoors.door)
        doors.editors.open(editors.answer)
        doors.pages.open(pages.answer)
        return Appliance(
            foundations: foundations, doors: doors,
            services: [
                foundations.signer, foundations.authority, certificates,
                deviceDoors.door, deviceDoors.tunnels,
                trust.watch(foundations, alarms: instances.alarms),
                Heartbeat(loops: group), MemoryKeeper(), instances.alarms, sockets,
                RegistryKeeper(stores: stores, time: time),
                RetentionKeeper(stores: stores, time: time),
                AuditKeeper(stores: stores, time: time, directory: paths.audit),
                RuntimeKeeper(state: paths.root),
                instances.registry, instances.tests, content.packages,
                content.artifacts, broker.service, parts.fleet, rollout.service,
                devices.strangers, devices.revocations,
                FilesWatch(
                    files: instances.files, instances: stores.instances,
                    alarms: instances.alarms),
                VaultKeeper(
                    vault: instances.vault, stores: stores, alarms: instances.alarms),
                VaultScrub(vault: instances.vault, stores: stores, alarms: instances.alarms),
                ConnectionWatch(alarms: instances.alarms) { [server = doors.server] in
                    server.refusals
                },
                SiteWatch(
                    directory: paths.root, authority: foundations.authority,
                    alarms: instances.alarms, logsWereDamaged: stores.historyWasDamaged,
                    time: time),
            ])
    }
}
