import API
import Basics
import Crypto
import Domain
import Site
import Store

/// Everything that speaks with devices.
struct Devices: Sendable {
    let fleet: Fleet
    let content: StockContent
    let snapshots: DeviceSnapshots
    let documents: AgentDocumentMaker
    let authority: SiteAuthority

    static func raise(
        _ foundations: Foundations, _ instances: Instances, bus: EventBus, link: any FleetLink,
        manifests: any DeviceManifests, contents: DeviceContents, door: DeviceDoor
    ) throws(CommandFailure) -> Devices {
        let stores = foundations.stores
        let variables = DeviceEnvironment(devices: stores.devices, sealer: foundations.sealer)
        let content = StockContent(
            stores: stores, library: instances.library, sealer: foundations.sealer,
            variables: variables)
        let editorKey: String
        do throws(OpenSSLError) { editorKey = try foundations.editorKey.publicKeyPEM() } catch {
            throw CommandFailure("\(error)")
        }
        let documents = AgentDocumentMaker(
            stores: stores, library: instances.library, content: content,
            sealer: foundations.sealer, variables: variables, manifests: manifests,
            terms: RolloutTermsMaker(stores: stores, zones: ZoneBook()), contents: contents,
            editorKey: editorKey)
        let fleet = Fleet(
            Fleet.Parts(
                stores: stores, bus: bus, link: link, content: content, documents: documents,
                alarms: instances.alarms, address: { door.address(of: $0) }))
        return Devices(
            fleet: fleet, content: content,
            snapshots: DeviceSnapshots(
                fleet: fleet, stores: stores, library: instances.library, content: content),
            documents: documents, authority: foundations.authority)
    }

    func resources(_ stores: Stores, recipes: RecipeStore) -> [any Resource] {
        [
            DeviceCommandRoutes(stores: stores, fleet: fleet, snapshots: snapshots),
            DeviceOverrideRoutes(stores: stores, fleet: fleet),
            DeviceHistoryRoutes(stores: stores),
            StockAgentRoutes(
                stores: stores, fleet: fleet, content: content, snapshots: snapshots
            ) { [authority] origin, token in
                let palette = PaletteSettings(
                    origin: origin, token: token, authorities: await authority.authoritiesOfBrowsers
                )
                return StockSettings.Palette(
                    npmrc: palette.npmrc, catalogues: [palette.catalogue])
            },
            StockTeamRoutes(stores: stores, recipes: recipes),
            StockLibraryRoutes(library: stores.library),
        ]
    }

    func feed(_ stores: Stores, maker: DeviceViewMaker) -> DeviceFeed {
        DeviceFeed(book: fleet.book) { id, _ in
            guard let device = try? await stores.devices.get(id) else { return nil }
            return try? await maker.view(device).json
        }
    }
}
