import Basics
import Domain
import LinesideTesting
import Store
import Testing

@Suite("Instances and stacks") struct InstanceStoreTests {
    @Test("What was put in comes out, settings and secrets included")
    func roundTrip() async throws {
        let factory = try await Factory()
        let stack = try await factory.stack("Node-RED 4.1")
        let settings = InstanceSettings(
            access: .basic, pageBasic: .init(name: "line", passwordHash: "h"), memoryLimitMB: 300,
            cpuLimitPercent: 150, timeZone: try TimeZoneName(validating: "Europe/Berlin"),
            paletteInstall: false, paletteUpload: true, logLevel: .warn)
        let secrets = InstanceSecrets(credentialSecret: [1, 2, 0], pageSecret: [])
        let instance = try await factory.stores.instances.insert(
            .init(
                application: factory.application.id, name: try Name(validating: "OEE"),
                slug: try Slug(validating: "oee"), stack: stack.id, settings: settings,
                desiredState: .running, secrets: secrets), by: .site)
        #expect(instance.settings == settings)
        #expect(instance.stackID == stack.id)
        #expect(try await factory.stores.instances.find(slug: instance.slug) == instance)
        #expect(try await factory.stores.instances.secrets(of: instance.id) == secrets)
        #expect(try await factory.stores.stacks.get(stack.id).instances == 1)
        await #expect(throws: StoreError.self) {
            try await factory.stores.stacks.delete(stack.id, by: .site)
        }
        var change = InstanceStore.Change()
        change.stack = .some(nil)
        let practice = try await factory.stores.instances.update(instance.id, change, by: .site)
        #expect(practice.isPractice)
        try await factory.stores.stacks.delete(stack.id, by: .site)
        #expect(try await factory.stores.stacks.list().count == 0)
    }

    @Test("A slug is given once in the site, and made from the name where none is wished")
    func slugs() async throws {
        let factory = try await Factory()
        let first = try await factory.instance("Press 4")
        let other = try await factory.application("Other")
        let second = try await factory.instance("Press 4", in: other)
        #expect(first.slug.text == "press-4")
        #expect(second.slug.text == "press-4-2")
        await #expect(throws: StoreError.self) {
            try await factory.stores.instances.update(
                second.id, .init(slug: first.slug), by: .site)
        }
        await #expect(throws: StoreError.self) { try await factory.instance("press 4") }
    }

    @Test("An unknown stack or application is refused")
    func unknown() async throws {
        let factory = try await Factory()
        await #expect(throws: StoreError.notFound("The stack")) {
            try await factory.instance("OEE", stack: .random())
        }
        #expect(try await factory.stores.instances.list().count == 0)
    }

    @Test("A port is leased to one instance")
    func ports() async throws {
        let factory = try await Factory()
        let instances = factory.stores.instances
        let one = try await factory.instance("One")
        let two = try await factory.instance("Two")
        #expect(try await instances.leasePort(40_000, for: one.id))
        #expect(try await !instances.leasePort(40_000, for: two.id))
        #expect(try await instances.leasePort(40_000, for: one.id))
        try await instances.releasePort(of: one.id)
        #expect(try await instances.leasePort(40_000, for: two.id))
        #expect(try await instances.get(two.id).port == 40_000)
    }

    @Test("The audit event of an environment names the variables and shows no value")
    func environment() async throws {
        let factory = try await Factory()
        let instances = factory.stores.instances
        let instance = try await factory.instance("OEE")
        let variables = [
            EnvironmentVariable(
                name: try .init(validating: "PASSWORD"), sealedValue: Array("s3cret".utf8),
                isSecret: true)
        ]
        try await instances.setEnvironment(of: instance.id, to: variables, by: .site)
        #expect(try await instances.environment(of: instance.id) == variables)
        let entry = try #require(
            try await factory.stores.audit.list(.init(kind: "instance.environment-changed")).items
                .first)
        let after = String(decoding: entry.event.after ?? [], as: UTF8.self)
        #expect(after == #"{"PASSWORD":"•••"}"#)
    }

    @Test("Wanting what is wanted already is no event")
    func desired() async throws {
        let factory = try await Factory()
        let instance = try await factory.instance("OEE")
        for _ in 0..<3 {
            try await factory.stores.instances.setDesiredState(
                instance.id, to: .running, by: .site)
        }
        #expect(try await factory.stores.audit.list(.init(kind: "instance.started")).count == 1)
        #expect(try await factory.stores.instances.get(instance.id).desiredState == .running)
    }

    @Test("Page tokens open the pages of their instance only")
    func pageTokens() async throws {
        let factory = try await Factory()
        let one = try await factory.instance("One")
        let two = try await factory.instance("Two")
        let tokens = factory.stores.pageTokens
        let token = try await tokens.insert(
            try Name(validating: "andon"), for: one.id, secretHash: [7], by: .site)
        #expect(try await tokens.find(secretHash: [7], of: one.id) == token)
        #expect(try await tokens.find(secretHash: [7], of: two.id) == nil)
        try await tokens.delete(token.id, of: one.id, by: .site)
        #expect(try await tokens.list(of: one.id).isEmpty)
    }
}
