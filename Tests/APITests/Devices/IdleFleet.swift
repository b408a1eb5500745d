import API
import Crypto
import Domain
import HTTP
import LinesideTesting
import Site
import Store

/// A fleet that nobody runs, with what its routes need.
struct IdleFleet {
    let fleet: Fleet
    let link: MemoryFleetLink
    let content: StockContent
    let snapshots: DeviceSnapshots
    let environment: DeviceEnvironment

    init(
        stores: Stores, bus: EventBus = EventBus(), sealer: Sealer, library: VersionLibrary,
        link: MemoryFleetLink = MemoryFleetLink(), clock: any SupervisorClock = MonotonicClock(),
        settling: @escaping @Sendable () async -> Void = {}
    ) {
        self.link = link
        environment = DeviceEnvironment(devices: stores.devices, sealer: sealer)
        content = StockContent(
            stores: stores, library: library, sealer: sealer, variables: environment)
        fleet = Fleet(
            Fleet.Parts(
                stores: stores, bus: bus, link: link, content: content,
                documents: AgentDocumentMaker(
                    stores: stores, library: library, content: content, sealer: sealer,
                    variables: environment, manifests: OneManifest(), editorKey: "key"),
                alarms: AlarmRaiser(stores: stores, bus: bus), clock: clock))
        snapshots = DeviceSnapshots(
            fleet: fleet, stores: stores, library: library, content: content,
            settling: settling)
    }

    func resources(_ stores: Stores, recipes: RecipeStore) -> [any Resource] {
        [
            DeviceCommandRoutes(stores: stores, fleet: fleet, snapshots: snapshots),
            DeviceOverrideRoutes(stores: stores, fleet: fleet),
            DeviceHistoryRoutes(stores: stores),
            StockAgentRoutes(
                stores: stores, fleet: fleet, content: content, snapshots: snapshots
            ) { origin, token in
                StockSettings.Palette(
                    npmrc: "registry=\(origin)/npm/ \(token)", catalogues: ["\(origin)/c.json"])
            },
            StockTeamRoutes(stores: stores, recipes: recipes),
            StockLibraryRoutes(library: stores.library),
        ]
    }
}

struct OneManifest: DeviceManifests {
    func manifest(of snapshot: Snapshot, for device: Device) async throws -> ContentAddress {
        snapshot.flows
    }
}

/// Nobody hears anything.
struct SilentFeed: LiveFeed {
    func value(
        of message: EventBus.Message, for caller: Caller, called: Authority?
    ) async -> [UInt8]? { nil }
}
