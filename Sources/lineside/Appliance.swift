import API
import Basics
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
        let doors = try FrontDoors.open(
            configuration, adminSocket: paths.adminSocket, group: group,
            tls: foundations.authority.tls, forward: { _, _, _ in .problem(.upstream("")) })
        let names = LocalNames.current(extra: configuration.names)
        let origins = SiteOrigins(
            names: HostNames(names.all), platformPort: doors.ports.platform,
            editorsPort: doors.ports.editors, pagesPort: doors.ports.pages)

        let stores = foundations.stores
        let scopes = ScopeResolver(applications: stores.applications)
        let page = WebUI()
        let platform = Dispatcher(
            routes: [], callers: ConsoleCallers(), scopes: scopes, origins: origins,
            pages: page.answer)
        doors.platform.open(platform.answer)
        return Appliance(
            foundations: foundations, doors: doors,
            services: [foundations.authority, Heartbeat(loops: group)])
    }
}
