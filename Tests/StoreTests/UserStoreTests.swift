import Basics
import Domain
import LinesideTesting
import Store
import Synchronization
import Testing

@Suite("Users and grants") struct UserStoreTests {
    @Test("The last administrator can't be taken away, in any way")
    func lastAdministrator() async throws {
        let factory = try await Factory()
        let users = factory.stores.users
        let anna = factory.administrator
        let refusal = StoreError.conflict(
            "This is the last administrator of the site: make somebody else one first.")
        await #expect(throws: refusal) { try await users.delete(anna.id, by: .site) }
        await #expect(throws: refusal) {
            try await users.update(anna.id, .init(isDisabled: true), by: .site)
        }
        await #expect(throws: refusal) {
            try await users.update(anna.id, .init(isAdministrator: false), by: .site)
        }
        await #expect(throws: refusal) {
            try await factory.stores.grants.grant(.viewer, at: .site, to: anna.id, by: .site)
        }
        let grant = try #require(try await factory.stores.grants.list(of: anna.id).first)
        await #expect(throws: refusal) {
            try await factory.stores.grants.revoke(grant.id, by: .site)
        }
        #expect(try await users.get(anna.id) == anna)
        let ben = try await factory.user("ben", [(.site, .administrator)])
        try await users.delete(anna.id, by: .user(ben.id, name: "ben"))
        #expect(try await users.list().items.map(\.username.text) == ["ben"])
    }

    @Test("Who is disabled is signed out at once, and their tokens sleep")
    func disabled() async throws {
        let factory = try await Factory()
        let stores = factory.stores
        let ben = try await factory.user("ben")
        _ = try await stores.sessions.create(
            for: ben, tokenHash: [1], csrfHash: [2], address: "10.0.0.1", agent: "x", by: .site)
        _ = try await stores.tokens.insert(
            try Name(validating: "script"), for: ben.id, secretHash: [3], readOnly: false,
            scope: .site, expiresAt: nil, by: .site)
        #expect(try await stores.sessions.find(tokenHash: [1])?.user.id == ben.id)
        #expect(try await stores.tokens.find(secretHash: [3])?.user.id == ben.id)
        _ = try await stores.users.update(ben.id, .init(isDisabled: true), by: .site)
        #expect(try await stores.sessions.find(tokenHash: [1]) == nil)
        #expect(try await stores.tokens.find(secretHash: [3]) == nil)
    }

    @Test("A new password ends all other sessions and is not in the audit events")
    func password() async throws {
        let factory = try await Factory()
        let stores = factory.stores
        let anna = factory.administrator
        let kept = try await stores.sessions.create(
            for: anna, tokenHash: [1], csrfHash: [2], address: "", agent: "", by: .site)
        _ = try await stores.sessions.create(
            for: anna, tokenHash: [3], csrfHash: [4], address: "", agent: "", by: .site)
        try await stores.users.setPassword(
            of: anna.id, to: "new hash", keeping: kept.id, by: .site)
        #expect(try await stores.sessions.list(of: anna.id).map(\.id) == [kept.id])
        #expect(
            try await stores.users.credential(of: anna.username)?.passwordHash == "new hash")
        for entry in try await stores.audit.list().items {
            #expect(
                entry.event.after.map { !String(decoding: $0, as: UTF8.self).contains("hash") }
                    ?? true)
        }
    }

    @Test("A grant replaces the one at the same scope, and goes with its scope")
    func grants() async throws {
        let factory = try await Factory()
        let team = try await factory.team("Press shop")
        let ben = try await factory.user("ben", [(.team(team.id), .viewer)])
        _ = try await factory.stores.grants.grant(
            .owner, at: .team(team.id), to: ben.id, by: .site)
        let grants = try await factory.stores.grants.list(at: .team(team.id))
        #expect(grants.items.map(\.role) == [.owner])
        #expect(grants.items.map(\.scopeName) == ["Press shop"])
        let path = try await factory.stores.applications.path(
            of: try #require(grants.items.first).id)
        #expect(path == team.path)
        try await factory.stores.teams.delete(team.id, by: .site)
        #expect(try await factory.stores.grants.list(of: ben.id).isEmpty)
    }

    @Test("Whatever takes something from somebody is told once it is in force")
    func accessSignal() async throws {
        let factory = try await Factory()
        let stores = factory.stores
        let ben = try await factory.user("ben", [(.team(factory.team.id), .owner)])
        let signals = Mutex(0)
        stores.registry.observeAccess { signals.withLock { $0 += 1 } }
        func told(_ change: () async throws -> Void) async throws -> Bool {
            let before = signals.withLock { $0 }
            try await change()
            return signals.withLock { $0 } > before
        }
        let session = try await stores.sessions.create(
            for: ben, tokenHash: [1], csrfHash: [2], address: "", agent: "", by: .site)
        #expect(
            try await told {
                try await stores.sessions.revoke(session.id, of: ben.id, by: .site)
            })
        #expect(
            try await told {
                _ = try await stores.grants.grant(
                    .viewer, at: .team(factory.team.id), to: ben.id, by: .site)
            })
        #expect(
            try await told {
                _ = try await stores.users.update(ben.id, .init(isDisabled: true), by: .site)
            })
        #expect(try await told { try await stores.users.delete(ben.id, by: .site) })
        #expect(try await !told { _ = try await factory.team("Press shop") })
        let instance = try await factory.instance("OEE")
        #expect(
            try await told {
                _ = try await stores.instances.update(
                    instance.id, .init(slug: Slug(validating: "press")), by: .site)
            })
    }

    @Test("User names are unique")
    func unique() async throws {
        let factory = try await Factory()
        await #expect(throws: StoreError.self) { try await factory.user("anna") }
        #expect(try await factory.stores.users.list().count == 1)
    }
}

@Suite("Sessions, tokens, invitations") struct SecretStoreTests {
    @Test("A session ends when it is idle too long, and in any case after thirty days")
    func expiry() async throws {
        let clock = ManualClock()
        let stores = Stores(
            registry: try await .inMemory(clock: { clock.now }),
            history: try await .inMemory(migrations: Migrations.logs))
        let factory = try await Factory(stores: stores)
        _ = try await stores.sessions.create(
            for: factory.administrator, tokenHash: [1], csrfHash: [2], address: "", agent: "",
            by: .site)
        clock.advance(by: .seconds(11 * 3600))
        let found = try #require(try await stores.sessions.find(tokenHash: [1]))
        try await stores.sessions.touch(found.session, now: clock.now)
        clock.advance(by: .seconds(11 * 3600))
        #expect(try await stores.sessions.find(csrfHash: [2]) != nil)
        clock.advance(by: .seconds(3600))
        #expect(try await stores.sessions.find(tokenHash: [1]) == nil)
        #expect(try await stores.sessions.find(found.session.id) == nil)
        _ = try await stores.sessions.create(
            for: factory.administrator, tokenHash: [5], csrfHash: [6], address: "", agent: "",
            by: .site)
        for _ in 0..<61 {
            clock.advance(by: .seconds(11 * 3600 + 3599))
            if let found = try await stores.sessions.find(tokenHash: [5]) {
                try await stores.sessions.touch(found.session, now: clock.now)
            }
        }
        #expect(try await stores.sessions.find(tokenHash: [5]) == nil)
        try await stores.sessions.purge()
        #expect(try await stores.sessions.list(of: factory.administrator.id).isEmpty)
    }

    @Test("A token ends at its time, and goes when the team that bounds it goes")
    func tokens() async throws {
        let clock = ManualClock()
        let stores = Stores(
            registry: try await .inMemory(clock: { clock.now }),
            history: try await .inMemory(migrations: Migrations.logs))
        let factory = try await Factory(stores: stores)
        let team = try await factory.team("Press shop")
        let anna = factory.administrator
        _ = try await stores.tokens.insert(
            try Name(validating: "short"), for: anna.id, secretHash: [1], readOnly: true,
            scope: .site, expiresAt: clock.now + .seconds(60), by: .site)
        _ = try await stores.tokens.insert(
            try Name(validating: "bounded"), for: anna.id, secretHash: [2], readOnly: false,
            scope: .team(team.id), expiresAt: nil, by: .site)
        #expect(try await stores.tokens.find(secretHash: [1])?.token.readOnly == true)
        #expect(try await stores.tokens.find(secretHash: [2])?.token.scope == .team(team.id))
        clock.advance(by: .seconds(60))
        #expect(try await stores.tokens.find(secretHash: [1]) == nil)
        try await stores.teams.delete(team.id, by: .site)
        #expect(try await stores.tokens.find(secretHash: [2]) == nil)
        let ben = try await factory.user("ben")
        let short = try #require(try await stores.tokens.list(of: anna.id).first)
        await #expect(throws: StoreError.notFound("The token")) {
            try await stores.tokens.delete(short.id, of: ben.id, by: .site)
        }
    }

    @Test("Of many who accept an invitation at once, one gets the account")
    func invitation() async throws {
        let factory = try await Factory()
        let invitations = factory.stores.invitations
        let offer = try #require(Invitation.Offer(scope: .team(factory.team.id), role: .member))
        _ = try await invitations.insert(
            username: nil, offers: [offer], secretHash: [9], expiresAt: .now() + .seconds(60),
            by: .site)
        #expect(try await invitations.list().map(\.offers) == [[offer]])
        let accepted = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    do {
                        _ = try await invitations.accept(
                            secretHash: [9], username: try Username(validating: "new\(number)"),
                            name: try PersonName(validating: "New"), language: .english,
                            passwordHash: "hash", address: "10.0.0.1")
                        return true
                    } catch { return error as? StoreError != .notFound("The invitation") }
                }
            }
            var count = 0
            for await one in group where one { count += 1 }
            return count
        }
        #expect(accepted == 1)
        let users = try await factory.stores.users.list().items
        #expect(users.count == 2)
        let new = try #require(users.first { $0.username.text.hasPrefix("new") })
        #expect(try await factory.stores.grants.list(of: new.id).map(\.role) == [.member])
        #expect(try await invitations.find(secretHash: [9]) == nil)
    }
}
