import Basics
import Domain
import LinesideTesting
import Site
import Store
import Testing

@Suite("Who calls") struct CallerDirectoryTests {
    private struct House {
        let factory: Factory
        let directory: CallerDirectory
        let user: User
        let token: PersonalToken
        let secret = MachineSecret(prefix: PersonalToken.prefix)
        let csrf = MachineSecret()
        let cookie = MachineSecret()
        let session: Session

        init() async throws {
            factory = try await Factory()
            let (signal, stores) = (SecuritySignal(), factory.stores)
            stores.registry.observeAccess { signal.raise() }
            directory = CallerDirectory(stores: stores, signal: signal)
            user = try await factory.user("bob", [(.site, .member)])
            token = try await stores.tokens.insert(
                Name(validating: "script"), for: user.id, secretHash: secret.hash,
                readOnly: false, scope: .site, expiresAt: nil, by: .site)
            session = try await stores.sessions.create(
                for: user, tokenHash: cookie.hash, csrfHash: csrf.hash, address: "", agent: "",
                by: .site)
        }

        func byToken() async throws -> Caller? {
            try await directory.caller(bearer: secret.text, address: "10.0.0.1")
        }

        func byCookie(csrf text: String? = nil) async throws -> Caller? {
            try await directory.caller(
                token: cookie.text, csrf: text ?? csrf.text, address: "10.0.0.1")
        }
    }

    @Test("What is taken from somebody is taken at their next request")
    func revoked() async throws {
        let house = try await House()
        let (stores, user) = (house.factory.stores, house.user)
        #expect(try await house.byToken()?.role(at: .site) == .member)
        #expect(try await house.byCookie()?.role(at: .site) == .member)
        _ = try await stores.grants.grant(.viewer, at: .site, to: user.id, by: .site)
        #expect(try await house.byToken()?.role(at: .site) == .viewer)
        #expect(try await house.byCookie()?.role(at: .site) == .viewer)
        try await stores.tokens.delete(house.token.id, of: user.id, by: .site)
        #expect(try await house.byToken() == nil)
        #expect(try await house.byCookie() != nil)
        try await stores.sessions.revoke(house.session.id, of: user.id, by: .site)
        #expect(try await house.byCookie() == nil)
    }

    @Test("A user who is disabled is nobody at once, by token and by cookie")
    func disabled() async throws {
        let house = try await House()
        #expect(try await house.byToken() != nil)
        #expect(try await house.byCookie() != nil)
        _ = try await house.factory.stores.users.update(
            house.user.id, .init(isDisabled: true), by: .site)
        #expect(try await house.byToken() == nil)
        #expect(try await house.byCookie() == nil)
    }

    @Test("A cookie that was replaced opens nothing, nor does a right one with a wrong page token")
    func cookies() async throws {
        let house = try await House()
        #expect(try await house.byCookie() != nil)
        #expect(try await house.byCookie(csrf: "wrong") == nil)
        #expect(try await house.byCookie() != nil)
        let next = MachineSecret()
        try await house.factory.stores.sessions.renew(house.session.id, tokenHash: next.hash)
        #expect(try await house.byCookie() == nil)
    }

    @Test("An answer is remembered for ten seconds, but not past a signal or its own end")
    func remembered() async throws {
        let signal = SecuritySignal()
        let recent = RecentCallers<Int>(signal: signal)
        let start = Timestamp(milliseconds: 1_800_000_000_000)
        let end = start + .seconds(30)
        var looks = 0
        func find(at now: Timestamp, _ answer: Int? = 7) async -> Int? {
            await recent.find([1], now: now, end: { _ in end }) {
                looks += 1
                return answer
            }
        }
        #expect(await find(at: start, nil) == nil)
        #expect(await find(at: start) == 7)
        #expect(await find(at: start + .seconds(9), 8) == 7)
        #expect(looks == 2)
        #expect(await find(at: start + .seconds(10), 8) == 8)
        signal.raise()
        #expect(await find(at: start + .seconds(11), 9) == 9)
        #expect(await find(at: start + .seconds(25), 10) == 10)
        #expect(await find(at: end, nil) == nil)
        #expect(looks == 6)
    }

    @Test("What changes while the database is asked is not remembered as of after it")
    func overtaken() async throws {
        let signal = SecuritySignal()
        let recent = RecentCallers<Int>(signal: signal)
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        let first = await recent.find([1], now: now, end: { _ in nil }) {
            signal.raise()
            return 1
        }
        #expect(first == 1)
        #expect(await recent.find([1], now: now, end: { _ in nil }) { 2 } == 2)
    }
}
