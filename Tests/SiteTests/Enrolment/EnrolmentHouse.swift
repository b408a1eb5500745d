import Basics
import Crypto
import Domain
import LinesideTesting
import Site
import Store
import Synchronization
import Testing

/// A desk over stores in memory, and what a device does on its own end.
struct EnrolmentHouse {
    let stores: Stores
    let factory: Factory
    let signer: TestSigner
    let desk: EnrolmentDesk
    let clock: ManualClock
    private let surroundings: EnrolmentDesk.Surroundings
    let sealer = Sealer(key: [UInt8](repeating: 5, count: 32))

    /// A minute has passed whenever somebody asks, so that each attempt is written down.
    let uptime = Uptime()
    let strangers: StrangerJournal
    let revocations: RevocationKeeper
    let ended = Ended()
    let alarms: AlarmRaiser
    let directory: TemporaryDirectory
    var reserve: String { "\(directory.path)/revocations.reserve" }

    final class Ended: DeviceObserver {
        private let state = Mutex<[Device.ID]>([])
        var all: [Device.ID] { state.withLock { $0 } }
        func ended(_ devices: [Device]) async { state.withLock { $0 += devices.map(\.id) } }
    }

    final class Uptime: Sendable {
        private let state = Mutex((now: Duration.zero, isStill: false))
        func pass(_ duration: Duration) { state.withLock { $0.now += duration } }
        func stand() { state.withLock { $0.isStill = true } }
        func look() -> Duration {
            state.withLock { state in
                if !state.isStill { state.now += .seconds(60) }
                return state.now
            }
        }
    }

    static let site = "0123456789abcdef0123"
    /// That something is another than before.
    let changes = Mailbox<Void>()
    /// Of one TLS connection.
    static let exporter = [UInt8](repeating: 9, count: 32)

    /// - Parameter registry: `nil`: one in memory.
    init(
        notAfter: Timestamp = CertificateFixtures.notAfter, registry: Database? = nil
    ) async throws {
        // The database has one clock with the desk: that of the appliance.
        let clock = ManualClock(Timestamp(milliseconds: 1_790_000_000_000))
        let memory = try await Database.inMemory(clock: { clock.now })
        stores = Stores(
            registry: registry ?? memory,
            history: try await .inMemory(migrations: Migrations.logs))
        factory = try await Factory(stores: stores)
        let signer = try TestSigner(notAfter: notAfter)
        directory = try TemporaryDirectory()
        alarms = AlarmRaiser(stores: stores, bus: EventBus())
        revocations = RevocationKeeper(
            stores: stores, signer: signer, observer: ended, alarms: alarms,
            file: "\(directory.path)/revocations.reserve")
        let authority = try signer.issuer.certificate.pem()
        self.signer = signer
        self.clock = clock
        let (changes, uptime) = (changes, uptime)
        strangers = StrangerJournal(audit: stores.audit, elapsed: { uptime.look() })
        surroundings = .init(
            site: Self.site, key: try SigningKey.generate(), authorities: { authority },
            pin: signer.issuer.certificate.publicKeyDigest,
            urls: { ["https://10.0.0.5:8443", "https://10.0.1.5:8443"] },
            clock: { clock.now }, changed: { changes.put(()) })
        desk = EnrolmentDesk(
            stores: stores, sealer: sealer, signer: signer, surroundings: surroundings,
            observer: ended, strangers: strangers, revocations: revocations)
    }

    /// The desk after the appliance was started again.
    var nextDesk: EnrolmentDesk {
        EnrolmentDesk(
            stores: stores, sealer: sealer, signer: signer, surroundings: surroundings,
            observer: ended, strangers: strangers, revocations: revocations)
    }

    /// A device with a key of its own.
    struct Machine {
        let key: PrivateKey
        let request: CertificateRequest
        var facts = EnrolmentFacts(name: "press-7")

        init() throws {
            key = try PrivateKey.generate()
            request = try CertificateRequest(subject: "anything", key: key)
        }
    }

    func bundle(
        _ change: (inout EnrolmentDesk.Wish) -> Void = { _ in }
    ) async throws -> EnrolmentBundle {
        var wish = EnrolmentDesk.Wish(
            kind: .bundle, name: try Name(validating: "Cell 4"), team: factory.team.id)
        wish.application = factory.application.id
        wish.life = .seconds(30 * 86_400)
        change(&wish)
        let made = try await desk.make(wish, by: .site)
        let text = try #require(made.bundle)
        return try EnrolmentBundle(Array(text.utf8), verify: EnrolmentProof.verify)
    }

    func bearer(
        _ bundle: EnrolmentBundle, _ machine: Machine, exporter: [UInt8] = exporter
    ) -> String {
        EnrolmentProof.bearer(
            token: bundle.token,
            proof: EnrolmentProof.enrol(
                key: EnrolmentProof.key(secret: bundle.secret, token: bundle.token),
                exporter: exporter, request: machine.request.der))
    }

    func enrol(
        _ bundle: EnrolmentBundle, _ machine: Machine, exporter: [UInt8] = exporter,
        address: String = "10.0.0.77"
    ) async throws(EnrolmentDesk.Fault) -> EnrolmentDesk.Outcome {
        try await desk.enrol(
            bearer: bearer(bundle, machine, exporter: exporter), request: machine.request.der,
            facts: machine.facts,
            .init(address: address, exporter: exporter, site: bundle.site))
    }

    func answer(
        _ bundle: EnrolmentBundle, _ machine: Machine, exporter: [UInt8] = exporter
    ) async throws -> EnrolmentAnswer {
        guard case .issued(let answer) = try await enrol(bundle, machine, exporter: exporter)
        else {
            Issue.record("the device has to wait")
            throw EnrolmentDesk.Fault.sealing
        }
        return answer
    }

    /// The refusal of an attempt, and that it was written down.
    func refusal(
        _ attempt: () async throws(EnrolmentDesk.Fault) -> Void
    ) async throws -> EnrolmentRefusal? {
        do throws(EnrolmentDesk.Fault) {
            try await attempt()
            return nil
        } catch {
            guard case .refusal(let refusal) = error else {
                Issue.record("\(error)")
                return nil
            }
            let kinds = try await audit()
            #expect(kinds.first == "enrolment.\(refusal.word)")
            return refusal
        }
    }

    /// The newest first.
    func audit() async throws -> [String] {
        try await stores.audit.list(.init(), .init(limit: 200)).items.map(\.event.kind)
    }
}
