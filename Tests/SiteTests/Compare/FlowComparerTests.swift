import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import Net
import Store
import Testing

@testable import Site

@Suite("Flow comparer") struct FlowComparerTests {
    let fixture: VersionFixture
    let comparer: FlowComparer

    init() async throws {
        fixture = try await VersionFixture()
        let deployer = FlowDeployer(
            stores: fixture.stores, runtime: FakeRuntime(), library: fixture.library,
            recorder: fixture.recorder,
            admin: NodeREDAdmin(
                client: HTTPClient(group: try EventLoopGroup(options: .standing)),
                tokens: EditorTokens(key: try SigningKey.generate())), sealer: fixture.sealer,
            state: fixture.directory.path)
        comparer = FlowComparer(library: fixture.library, deployer: deployer)
    }

    private func version(
        of instance: Instance, _ flows: [UInt8]? = nil, secret: String
    ) async throws -> Version {
        try await fixture.recorder.record(
            fixture.deploy(flows, credentials: try fixture.credentials(secret)),
            of: instance.id, by: .site)
    }

    @Test("The same credentials under the secrets of two instances are the same")
    func twoSecrets() async throws {
        let press = try await version(of: fixture.press, secret: "press secret")
        let saw = try await version(of: fixture.saw, secret: "saw secret")
        #expect(press.credentials != saw.credentials)
        let compared = try await comparer.compare(
            .version(press, of: fixture.press), .instance(fixture.saw), match: .auto)
        #expect(compared.isIdentical)
        #expect(compared.warnings == [])
        #expect(compared.to.version == saw)
    }

    @Test("A version without credentials has lost those that the snapshot had")
    func lost() async throws {
        let first = try await version(of: fixture.press, secret: "press secret")
        let snapshot = try await fixture.stores.snapshots.insert(
            Name(stored: "Good"), note: .empty, of: first.id, in: fixture.press.id, by: .site)
        let second = try await fixture.recorder.record(
            fixture.deploy(), of: fixture.press.id, by: .site)
        let compared = try await comparer.compare(
            .snapshot(snapshot), .version(second, of: fixture.press), match: .auto)
        #expect(compared.flows.nodes.map(\.toID) == ["n1"])
        #expect(compared.flows.nodes.map(\.credentials) == [.removed])
        #expect(!"\(compared)".contains("hunter2"))
    }

    @Test("Credentials that do not open are told and the flows compared without them")
    func unreadable() async throws {
        let good = try await version(of: fixture.press, secret: "press secret")
        let odd = try await version(of: fixture.press, secret: "somebody else's")
        let compared = try await comparer.compare(
            .version(good, of: fixture.press), .version(odd, of: fixture.press), match: .auto)
        #expect(compared.isIdentical)
        #expect(
            compared.warnings == [
                "The credentials of Press, version 2 cannot be opened and are not compared."
            ])
    }

    @Test("Of an uploaded file, credentials, modules and variables are not known, so not compared")
    func file() async throws {
        let kept = try await version(of: fixture.press, secret: "press secret")
        let flows = try FlowDocument(reading: fixture.flows)
        let compared = try await comparer.compare(
            .version(kept, of: fixture.press), .file(flows, name: "flows.json"), match: .auto)
        #expect(compared.isIdentical)
        #expect(compared.surroundings == .none)
    }

    @Test("Modules are compared with their versions, an instance without any flows has none")
    func surroundings() async throws {
        let kept = try await version(of: fixture.press, secret: "press secret")
        let compared = try await comparer.compare(
            .version(kept, of: fixture.press), .instance(fixture.saw), match: .auto)
        #expect(compared.surroundings.modules.map(\.name) == ["node-red-contrib-modbus"])
        #expect(compared.surroundings.modules.map(\.to) == [nil])
        #expect(compared.flows.counts.removed == 2)
        #expect(!compared.isIdentical)
    }

    @Test("What is kept but is no list of nodes is refused with its name")
    func noFlows() async throws {
        let kept = try await version(
            of: fixture.press, Array("{}".utf8), secret: "press secret")
        await #expect(
            throws: ComparisonFault.flows(label: "Press, version 1", .notAList)
        ) {
            try await comparer.compare(
                .version(kept, of: fixture.press), .version(kept, of: fixture.press), match: .auto)
        }
    }
}
