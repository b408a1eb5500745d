import Basics
import Domain
import LinesideTesting
import Site
import Store
import Synchronization
import Testing

/// Runs nothing: each job waits until the test lets it go.
private final class HeldExecution: FlowTestExecution {
    private struct State {
        var waiting: [(name: String, go: CheckedContinuation<Void, Never>)] = []
        var most = 0
    }
    private let state = Mutex(State())

    func run(_ job: FlowTestJob) async -> FlowTestOutcome {
        let name = job.test.name.text
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume()
                } else {
                    state.withLock { state in
                        state.waiting.append((name, continuation))
                        state.most = max(state.most, state.waiting.count)
                    }
                }
            }
        } onCancel: {
            release()
        }
        return FlowTestOutcome(name: name, state: Task.isCancelled ? .error : .passed)
    }

    /// Lets all go that wait now.
    func release() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.go.resume() }
    }

    var waiting: [String] { state.withLock { $0.waiting.map(\.name).sorted() } }
    var most: Int { state.withLock { $0.most } }
}

private struct NoMaterial: FlowTestSource {
    func drain(_ id: Instance.ID) async {}
    func material(
        of version: Version
    ) async throws(FlowTestMaterial.Fault) -> FlowTestMaterial {
        FlowTestMaterial(
            definition: InstanceDefinition(
                id: version.instanceID, name: "", slug: "", program: .missing,
                credentialSecret: "", pageSecret: ""), flows: [], variables: [])
    }
}

@Suite("Flow test runner", .timeLimit(.minutes(10))) struct FlowTestRunnerTests {
    private final class House: Sendable {
        let directory: TemporaryDirectory
        let factory: Factory
        let held = HeldExecution()
        let bus = EventBus()
        let clock = ManualClock()
        let runner: FlowTestRunner

        init() async throws {
            directory = try TemporaryDirectory()
            factory = try await Factory()
            let bench = FlowTestBench(
                state: directory.path,
                preparation: StartPreparation(
                    state: directory.path, runtime: RuntimeFiles(root: "/none"), publicKey: "",
                    ports: PortPool()))
            let clock = clock
            runner = FlowTestRunner(
                stores: factory.stores, source: NoMaterial(), bench: bench, process: held,
                bus: bus, clock: { clock.now })
        }

        func instance(_ name: String, tests: Int = 1) async throws -> Instance {
            let instance = try await factory.instance(name)
            _ = try await factory.version(of: instance)
            for number in 0..<tests {
                let test = try FlowTestCase(
                    text: Array(
                        """
                        {"format": "lineside-flow-test/1", "name": "\(name) \(number)",
                         "steps": [{"restart": true}]}
                        """.utf8))
                _ = try await factory.stores.flowTests.insert(test, for: instance.id, by: .site)
            }
            return instance
        }

        func finished(_ run: FlowTestRun) async throws -> FlowTestRun {
            try await eventually("the end of a run") {
                self.held.release()
                let now = try await self.factory.stores.flowTestRuns.get(
                    run.id, of: run.instanceID)
                return now.state == .running ? nil : now
            }
        }
    }

    @Test("One run at a time in an instance, two in the site; the others wait their turn")
    func queue() async throws {
        let house = try await House()
        let press = try await house.instance("Press")
        let oven = try await house.instance("Oven")
        let saw = try await house.instance("Saw")
        let service = Task { try await house.runner.run() }
        var runs: [FlowTestRun] = []
        for instance in [press, press, oven, saw] {
            runs.append(try await house.runner.start(of: instance.id, by: .site))
        }
        _ = try await eventually("two that run") { house.held.waiting.count == 2 ? true : nil }
        #expect(house.held.waiting == ["Oven 0", "Press 0"])
        for run in runs { #expect(try await house.finished(run).state == .passed) }
        #expect(house.held.most == 2)
        service.cancel()
        _ = await service.result
    }

    @Test("Beside one that runs one more may wait in an instance, and both can be stopped")
    func stopped() async throws {
        let house = try await House()
        let press = try await house.instance("Press", tests: 2)
        let service = Task { try await house.runner.run() }
        let anna = Actor.user(.random(), name: "Anna")
        let first = try await house.runner.start(of: press.id, by: .site)
        let second = try await house.runner.start(of: press.id, by: .site)
        await #expect(throws: FlowTestRunner.Fault.waiting) {
            _ = try await house.runner.start(of: press.id, by: .site)
        }
        _ = try await eventually("one that runs") { house.held.waiting.isEmpty ? nil : true }
        for run in [second, first] {
            try await house.runner.stop(run.id, of: press.id, by: anna)
            let ended = try await house.factory.stores.flowTestRuns.get(run.id, of: press.id)
            #expect(ended.state == .error && ended.result.detail == "It was stopped by Anna.")
            #expect(ended.result.cases.allSatisfy { $0.detail == "It was stopped by Anna." })
            await #expect(throws: FlowTestRunner.Fault.ended) {
                try await house.runner.stop(run.id, of: press.id, by: anna)
            }
        }
        await #expect(throws: FlowTestRunner.Fault.store(.notFound("The test run"))) {
            try await house.runner.stop(.random(), of: press.id, by: anna)
        }
        let next = try await house.runner.start(of: press.id, by: .site)
        #expect(try await house.finished(next).state == .passed)
        service.cancel()
        _ = await service.result
    }

    @Test("Without a deploy or without a test there is nothing to run")
    func nothing() async throws {
        let house = try await House()
        let bare = try await house.factory.instance("Bare")
        await #expect(throws: FlowTestRunner.Fault.noTests) {
            _ = try await house.runner.start(of: bare.id, by: .site)
        }
        let untested = try await house.instance("Press", tests: 0)
        await #expect(throws: FlowTestRunner.Fault.noTests) {
            _ = try await house.runner.start([], of: untested.id, by: .site)
        }
        await #expect(throws: FlowTestRunner.Fault.store(.notFound("The test"))) {
            _ = try await house.runner.start([.random()], of: untested.id, by: .site)
        }
    }

    @Test("A stop of the appliance breaks runs off, also those that wait, and says so")
    func stop() async throws {
        let house = try await House()
        let press = try await house.instance("Press", tests: 2)
        let service = Task { try await house.runner.run() }
        let first = try await house.runner.start(of: press.id, by: .site)
        let second = try await house.runner.start(of: press.id, by: .site)
        _ = try await eventually("one that runs") { house.held.waiting.isEmpty ? nil : true }
        service.cancel()
        _ = await service.result
        for run in [first, second] {
            let ended = try await house.factory.stores.flowTestRuns.get(run.id, of: press.id)
            #expect(ended.state == .error && ended.result.detail == FlowTestProcess.interrupted)
            #expect(ended.finishedAt != nil && ended.failed == 2)
        }
    }

    @Test(
        "A run that a killed appliance left without an end becomes an error at the next start",
        arguments: [Duration.seconds(-60), .zero, .seconds(3600)])
    func killed(_ clockSetBack: Duration) async throws {
        let house = try await House()
        let press = try await house.instance("Press")
        let version = try #require(
            try await house.factory.stores.versions.latest(of: press.id))
        let left = FlowTestRun(
            id: .random(), instanceID: press.id, versionID: version.id, versionNumber: 1,
            startedAt: house.clock.now + clockSetBack, by: nil,
            result: FlowTestResult(cases: [FlowTestOutcome(name: "A", state: .running)]))
        try await house.factory.stores.flowTestRuns.insert(left, by: .site)
        let service = Task { try await house.runner.run() }
        let ended = try await house.finished(left)
        #expect(ended.state == .error && ended.result.cases[0].state == .error)
        service.cancel()
        _ = await service.result
    }

    @Test("Who listens hears of each step of a run")
    func live() async throws {
        let house = try await House()
        let press = try await house.instance("Press")
        let subscription = house.bus.subscribe("instance/\(press.id.text)/tests")
        let service = Task { try await house.runner.run() }
        let run = try await house.runner.start(of: press.id, by: .site)
        _ = try await house.finished(run)
        var states: [String?] = []
        for _ in 0..<4 {
            let message = try #require(await subscription.next())
            let value = try JSONReader.read(message.payload)
            states.append(value["cases"]?.array?.first?["state"]?.string)
        }
        #expect(states == ["queued", "running", "passed", "passed"])
        service.cancel()
        _ = await service.result
    }
}
