import Basics
import Crypto
import Domain
import Glibc
import HTTP
import LinesideTesting
import Net
import Store
import Synchronization
import Testing

@testable import Site

/// Instances that are only said to run.
final class FakeRuntime: InstanceRuntime {
    private let states = Mutex<[Instance.ID: InstanceState]>([:])
    private let calls = Mutex<[String]>([])
    /// What an instance turns into once its status has been asked for so often.
    private let turns = Mutex<[Instance.ID: (asks: Int, next: InstanceState)]>([:])

    var asked: [String] { calls.withLock { $0 } }
    func set(_ state: InstanceState, of id: Instance.ID) { states.withLock { $0[id] = state } }

    func status(of id: Instance.ID) async -> InstanceStatus {
        var status = InstanceStatus(id: id)
        status.state = states.withLock { $0[id] } ?? .stopped
        let next = turns.withLock { turns -> InstanceState? in
            guard let turn = turns[id] else { return nil }
            turns[id] = turn.asks > 1 ? (turn.asks - 1, turn.next) : nil
            return turn.asks > 1 ? nil : turn.next
        }
        if let next { set(next, of: id) }
        return status
    }

    func set(
        _ state: InstanceState, of id: Instance.ID, then next: InstanceState, after asks: Int
    ) {
        set(state, of: id)
        turns.withLock { $0[id] = (asks, next) }
    }

    private func note(_ call: String, _ id: Instance.ID, _ state: InstanceState? = nil) {
        calls.withLock { $0.append(call) }
        if let state { set(state, of: id) }
    }

    func start(_ id: Instance.ID) async { note("start", id, .running) }
    func stop(_ id: Instance.ID) async { note("stop", id, .stopped) }
    func restart(_ id: Instance.ID) async { note("restart", id) }
    func kill(_ id: Instance.ID) async { note("kill", id) }
    func refresh(_ id: Instance.ID) async { note("refresh", id) }
    func drain(_ id: Instance.ID) async {}
    func halt(_ id: Instance.ID) async { note("halt", id, .stopped) }
    func retire(_ id: Instance.ID) async { note("retire", id, .stopped) }
}

@Suite("Flow deployer") struct FlowDeployerTests {
    let fixture: VersionFixture
    let runtime = FakeRuntime()
    let deployer: FlowDeployer
    let actor = Actor.site

    init() async throws {
        fixture = try await VersionFixture()
        let admin = NodeREDAdmin(
            client: HTTPClient(group: try EventLoopGroup(options: .standing)),
            tokens: EditorTokens(key: try SigningKey.generate()))
        deployer = FlowDeployer(
            stores: fixture.stores, runtime: runtime, library: fixture.library,
            recorder: fixture.recorder, admin: admin, sealer: fixture.sealer,
            state: fixture.directory.path)
    }

    func files(_ instance: Instance) -> InstanceFiles {
        InstanceFiles(InstanceLayout(state: fixture.directory.path, instance.id))
    }

    func flows(_ text: String, credentials: String? = nil) throws -> FlowDeployer.Flows {
        FlowDeployer.Flows(
            text: Array(text.utf8),
            credentials: try credentials.map { try JSONReader.read(Array($0.utf8)).object } ?? nil,
            source: .api)
    }

    static let one = #"[{"id":"a","type":"tab","label":"A"}]"#
    static let two = #"[{"id":"a","type":"tab","label":"B"}]"#

    func restore(
        _ version: Version, to instance: Instance, withCredentials: Bool = true
    ) async throws(DeployFault) -> FlowDeployer.Deployed {
        let flows = try await deployer.prepare(
            version, for: instance, withCredentials: withCredentials)
        return try await deployer.restore(flows, to: instance, by: actor)
    }

    @Test("Flows of a stopped instance go into its directory, byte for byte, and become a version")
    func stopped() async throws {
        let version = try await deployer.deploy(
            flows(Self.one, credentials: #"{"a":{"key":"x"}}"#), to: fixture.press, by: actor)
        #expect(version.number == 1)
        #expect(version.source == .api)
        let stored = try files(fixture.press).read()
        #expect(stored.flows == Array(Self.one.utf8))
        let clear = try fixture.decrypt(stored.credentials, "press secret")
        #expect(String(decoding: clear, as: UTF8.self) == #"{"a":{"key":"x"}}"#)
        #expect(runtime.asked == [])
        #expect(try await deployer.text(of: version) == Array(Self.one.utf8))
    }

    @Test("Credentials that stand in the nodes do not stay in the flows of a stopped instance")
    func inline() async throws {
        _ = try await deployer.deploy(
            flows(Self.one, credentials: #"{"a":{"key":"x"},"b":{"key":"y"}}"#),
            to: fixture.press, by: actor)
        let version = try await deployer.deploy(
            flows(#"[{"id":"a","type":"mqtt-broker","credentials":{"key":"z"}}]"#),
            to: fixture.press, by: actor)
        let text = String(decoding: try await deployer.text(of: version), as: UTF8.self)
        #expect(text == #"[{"id":"a","type":"mqtt-broker"}]"#)
        let stored = try files(fixture.press).read()
        #expect(stored.flows == Array(text.utf8))
        let clear = try fixture.decrypt(stored.credentials, "press secret")
        #expect(
            String(decoding: clear, as: UTF8.self) == #"{"a":{"key":"z"},"b":{"key":"y"}}"#)
    }

    @Test("One that keeps crashing is stopped for it and started again")
    func crashed() async throws {
        runtime.set(.backingOff, of: fixture.press.id)
        _ = try await deployer.deploy(flows(Self.one), to: fixture.press, by: actor)
        #expect(runtime.asked == ["halt", "start"])
    }

    @Test("A deploy waits for a start that is under way, and halts nothing for it")
    func starting() async throws {
        runtime.set(.starting, of: fixture.press.id, then: .stopped, after: 3)
        _ = try await deployer.deploy(flows(Self.one), to: fixture.press, by: actor)
        #expect(runtime.asked == [])
    }

    @Test("A deploy that expects another revision changes nothing")
    func changed() async throws {
        let first = try await deployer.deploy(flows(Self.one), to: fixture.press, by: actor)
        let second = try await deployer.deploy(
            flows(Self.two), to: fixture.press, expected: first.flows, by: actor)
        await #expect(throws: DeployFault.changedMeanwhile) {
            _ = try await deployer.deploy(
                flows(Self.one), to: fixture.press, expected: first.flows, by: actor)
        }
        #expect(try await deployer.newest(of: fixture.press.id) == second)
        #expect(try files(fixture.press).read().flows == Array(Self.two.utf8))
    }

    @Test(
        "What Node-RED would not call flows is refused with its reason",
        arguments: [
            "{}", "[1]", #"[{"id":"a"}]"#, #"[{"id":"","type":"tab"}]"#, "[",
            #"[{"id":"a","type":"tab"},{"id":"a","type":"tab"}]"#,
        ])
    func invalid(text: String) async throws {
        await #expect(throws: DeployFault.self) {
            _ = try await deployer.deploy(flows(text), to: fixture.press, by: actor)
        }
        #expect(try await deployer.newest(of: fixture.press.id) == nil)
    }

    @Test("A restore into another instance opens its credentials with the new secret")
    func restore() async throws {
        let version = try await deployer.deploy(
            flows(Self.one, credentials: #"{"a":{"key":"x"}}"#), to: fixture.press, by: actor)
        let restored = try await restore(version, to: fixture.saw)
        #expect(restored.version.source == .restore)
        #expect(restored.version.flows == version.flows)
        let stored = try files(fixture.saw).read()
        let clear = try fixture.decrypt(stored.credentials, "saw secret")
        #expect(String(decoding: clear, as: UTF8.self) == #"{"a":{"key":"x"}}"#)
    }

    @Test("A restore says whether Node-RED is ended and started again, before and after")
    func restarted() async throws {
        let version = try await deployer.deploy(flows(Self.one), to: fixture.press, by: actor)
        #expect(await !deployer.restarts(fixture.press.id))
        let stopped = try await restore(version, to: fixture.press)
        #expect(!stopped.restarted && runtime.asked == [])
        runtime.set(.unhealthy, of: fixture.press.id)
        #expect(await deployer.restarts(fixture.press.id))
        let restarted = try await restore(version, to: fixture.press)
        #expect(restarted.restarted && runtime.asked == ["halt", "start"])
        runtime.set(.starting, of: fixture.press.id)
        #expect(await !deployer.restarts(fixture.press.id))
    }

    @Test("A deploy that is refused starts again what it has ended for it")
    func refusedWhileEnded() async throws {
        let first = try await deployer.deploy(flows(Self.one), to: fixture.press, by: actor)
        _ = try await deployer.deploy(flows(Self.two), to: fixture.press, by: actor)
        runtime.set(.unhealthy, of: fixture.press.id)
        await #expect(throws: DeployFault.changedMeanwhile) {
            _ = try await deployer.deploy(
                flows(Self.one), to: fixture.press, expected: first.flows, by: actor)
        }
        #expect(runtime.asked == ["halt", "start"])
    }

    @Test("A version whose credentials do not open is restored without them, and not with them")
    func lockedCredentials() async throws {
        let version = try await fixture.recorder.record(
            fixture.deploy(credentials: fixture.credentials("a secret of somebody else")),
            of: fixture.press.id, by: actor)
        await #expect(throws: DeployFault.version(.credentials)) {
            _ = try await restore(version, to: fixture.press)
        }
        let restored = try await restore(version, to: fixture.press, withCredentials: false)
        #expect(restored.version.flows == version.flows)
        let stored = try files(fixture.press).read()
        let clear = try fixture.decrypt(stored.credentials, "press secret")
        #expect(String(decoding: clear, as: UTF8.self) == "{}")
    }
}
