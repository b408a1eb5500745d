import Basics
import Domain
import LinesideTesting
import Store
import Testing

@testable import Site

@Suite("Registry keeper") struct RegistryKeeperTests {
    @Test("What is over is forgotten, what is open stays")
    func tidies() async throws {
        let clock = SettableClock()
        let stores = Stores(
            registry: try await .inMemory(clock: { clock.now }),
            history: try await .inMemory(migrations: Migrations.logs))
        let factory = try await Factory(stores: stores)
        let instance = try await factory.instance("OEE")
        for kind in [AlarmKind.instanceCrashed, .instanceSpool] {
            try await stores.alarms.raise(
                kind, on: instance.reference, at: instance.path, text: "wrong")
        }
        try await stores.alarms.clear(.instanceCrashed, on: instance.reference)
        _ = try await stores.sessions.create(
            for: factory.administrator, tokenHash: [1], csrfHash: [2], address: "", agent: "",
            by: .site)
        clock.run(.seconds(91 * 86_400))
        _ = try await stores.sessions.create(
            for: factory.administrator, tokenHash: [3], csrfHash: [4], address: "", agent: "",
            by: .site)
        let time = SteadyTime(
            settings: stores.settings, clock: { clock.now }, uptime: { clock.up })
        await RegistryKeeper(stores: stores, time: time).tidy(now: clock.now)
        #expect(try await stores.alarms.list(.init()).items.map(\.kind) == [.instanceSpool])
        #expect(try await stores.sessions.list(of: factory.administrator.id).count == 1)
    }

    @Test(
        "Samples go when they are old, and none does by a clock that jumped; what the jump left goes"
    )
    func samples() async throws {
        let clock = SettableClock()
        let stores = try await Stores.inMemory()
        let owner = Instance.ID.random()
        let time = SteadyTime(
            settings: stores.settings, clock: { clock.now }, uptime: { clock.up })
        let keeper = RegistryKeeper(stores: stores, time: time)
        let (day, years) = (Duration.seconds(86_400), Duration.seconds(70 * 365 * 86_400))
        func sample() async throws {
            try await stores.resources.append(
                [
                    ResourceSample(
                        at: clock.now, rss: 1, heapUsed: nil, cpuPercent: 1, lagMilliseconds: nil)
                ], of: owner, now: clock.now)
        }
        func isKept(_ moment: Timestamp) async throws -> Bool {
            let hour = Duration.seconds(3_600)
            return try await !stores.resources.list(
                of: owner, from: moment - hour, to: moment + hour
            ).isEmpty
        }
        let first = clock.now
        try await sample()
        await keeper.tidy(now: clock.now)
        #expect(try await isKept(first))
        clock.run(day * 5)
        let second = clock.now
        try await sample()
        clock.run(day * 4)
        await keeper.tidy(now: clock.now)
        #expect(try await !isKept(first))
        #expect(try await isKept(second))
        clock.set(ahead: years)
        let jumped = clock.now
        try await sample()
        await keeper.tidy(now: clock.now)
        #expect(try await isKept(second))
        #expect(try await isKept(jumped))
        clock.set(ahead: .zero - years)
        await keeper.tidy(now: clock.now)
        #expect(try await isKept(second))
        #expect(try await !isKept(jumped))
    }

    @Test("Keys of a token that is used up or expired go after a month, of an open one never")
    func secrets() async throws {
        let clock = SettableClock()
        let stores = Stores(
            registry: try await .inMemory(clock: { clock.now }),
            history: try await .inMemory(migrations: Migrations.logs))
        let factory = try await Factory(stores: stores)
        let time = SteadyTime(
            settings: stores.settings, clock: { clock.now }, uptime: { clock.up })
        let keeper = RegistryKeeper(stores: stores, time: time)
        func token(_ name: String, life: Duration?, uses: Int = 1) async throws
            -> EnrolmentToken.ID
        {
            try await stores.enrolmentTokens.insert(
                EnrolmentTokenStore.Draft(
                    kind: .bundle, name: Name(stored: name), team: factory.team.id, secret: [7],
                    uses: uses, life: life), by: .site
            ).id
        }
        func isKept(_ id: EnrolmentToken.ID) async throws -> Bool {
            try await stores.enrolmentTokens.find(id)?.secret.isEmpty == false
        }
        let open = try await token("Open", life: nil)
        let short = try await token("Short", life: .seconds(86_400))
        let used = try await token("Used", life: nil)
        clock.run(.seconds(40 * 86_400))
        try await stores.enrolments.use(used, team: factory.team.id)
        await keeper.tidy(now: clock.now)
        #expect(try await isKept(open))
        #expect(try await !isKept(short))
        // Whoever used it may have lost the answer.
        #expect(try await isKept(used))
        clock.run(.seconds(31 * 86_400))
        await keeper.tidy(now: clock.now)
        #expect(try await isKept(open))
        #expect(try await !isKept(used))
        #expect(try await stores.enrolmentTokens.list(of: nil).count == 3)
    }
}

extension EnrolmentStore {
    /// As a device does that has the bundle.
    fileprivate func use(_ token: EnrolmentToken.ID, team: Team.ID) async throws {
        let certificate = DeviceCertificate(
            serial: token.text, deviceID: nil, keyDigest: "", pem: "", issuedAt: .now(),
            notAfter: .now())
        let draft = DeviceStore.Draft(
            team: team, name: Name(stored: "Box"),
            secrets: DeviceSecrets(credentialSecret: [1], pageSecret: [2]))
        _ = try await issue(
            Asked(
                token: token, team: team, digest: "d", request: [1], fingerprint: "f",
                facts: EnrolmentFacts(), address: nil), at: .new(draft), certificate, by: .site)
    }
}
