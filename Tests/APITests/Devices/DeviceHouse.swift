import API
import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Synchronization

/// A house with devices that never come, called as the network calls it.
struct DeviceHouse {
    let house: HouseFixture
    let factory: Factory
    let admin: HouseFixture.Client
    let news: News
    let reports: SaidByTest

    /// What the fleet, the broker and the doors would hear.
    final class News: DeviceObserver {
        private let state = Mutex<[String]>([])
        var all: [String] { state.withLock { $0 } }

        private func add(_ word: String, _ ids: [Device.ID]) {
            state.withLock { $0 += ids.map { "\(word) \($0)" } }
        }
        func admitted(_ devices: [Device.ID]) async { add("admitted", devices) }
        func desiredChanged(_ devices: [Device.ID]) async { add("changed", devices) }
        func ended(_ devices: [Device]) async { add("ended", devices.map(\.id)) }
    }

    final class SaidByTest: DeviceReports {
        private let state = Mutex<[Device.ID: DeviceFacts]>([:])
        func say(_ id: Device.ID, _ change: (inout DeviceFacts) -> Void) {
            state.withLock { change(&$0[id, default: DeviceFacts()]) }
        }
        func facts(
            of devices: [Device.ID]
        ) async throws(StoreError) -> [Device.ID: DeviceFacts] { state.withLock { $0 } }
    }

    private let directory: TemporaryDirectory
    let signer: TestSigner
    let clock: ManualClock

    init() async throws {
        let (news, reports) = (News(), SaidByTest())
        let directory = try TemporaryDirectory()
        self.directory = directory
        let reserve = directory.path
        let (signer, clock) = (try TestSigner(), ManualClock(.now()))
        self.clock = clock
        self.news = news
        self.reports = reports
        self.signer = signer
        let authority = try signer.issuer.certificate.pem()
        house = try await HouseFixture { stores, _ in
            let sealer = Sealer(key: [UInt8](repeating: 3, count: 32))
            let maker = DeviceViewMaker(devices: stores.devices, reports: reports)
            let secrets = DeviceSecretMaker(sealer: sealer, hasher: PasswordHasher())
            let strangers = StrangerJournal(audit: stores.audit)
            let stock = StockEnrolment(
                stores: stores, sealer: sealer, observer: news, strangers: strangers)
            let creation = DeviceCreationRoutes(
                stores: stores, maker: maker, secrets: secrets, stock: stock, observer: news,
                callers: Authentication(
                    directory: CallerDirectory(stores: stores), origins: HouseFixture.origins))
            let desk = EnrolmentDesk(
                stores: stores, sealer: sealer, signer: signer,
                surroundings: .init(
                    site: "thissitethissite", key: try SigningKey.generate(),
                    authorities: { authority },
                    pin: signer.issuer.certificate.publicKeyDigest,
                    urls: { ["https://10.0.0.5:8443"] }, clock: { clock.now }),
                observer: news, strangers: strangers,
                revocations: RevocationKeeper(
                    stores: stores, signer: signer, observer: news,
                    alarms: AlarmRaiser(stores: stores, bus: EventBus()),
                    file: "\(reserve)/revocations.reserve"))
            return [
                DeviceRoutes(
                    stores: stores, maker: maker, observer: news, fitness: NoRolloutFitness()),
                creation,
                StockRoutes(stock: stock, creation: creation),
                EnrolmentRoutes(stores: stores, desk: desk, stock: stock, maker: maker),
                EstRoutes(desk: desk, authorities: { authority }),
                DeviceSettingsRoutes(
                    devices: stores.devices,
                    environment: DeviceEnvironment(devices: stores.devices, sealer: sealer),
                    secrets: secrets, observer: news),
            ]
        }
        factory = try await house.factory()
        admin = try await house.token(of: factory.administrator)
    }

    func call(
        _ method: HTTP.Method, _ path: String, _ body: JSONObject? = nil
    ) async throws -> HouseFixture.Answer {
        try await house.call(method, path, body, as: admin)
    }
}
