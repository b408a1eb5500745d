package import Basics
package import Domain
package import Store

/// Runs the tests of instances, one after the other for an instance and two at a time in the site.
/// A run that is told of lies in the database: a kill of the appliance makes it an error, never a
/// run without an end.
package actor FlowTestRunner: Service {
    package enum Fault: Error, Sendable, Equatable {
        case store(StoreError)
        /// Nothing was deployed yet.
        case noVersion
        case noTests
        /// A test that was kept once and is none any more.
        case invalid(name: String, reason: String)
        /// As many runs of the instance as may be have not ended yet.
        case waiting
        /// The run has ended already.
        case ended
    }

    private struct Waiting {
        var run: FlowTestRun
        let cases: [FlowTestCase]
        let version: Version
    }

    private struct Active {
        let run: FlowTestRun.ID
        let task: Task<Void, Never>
    }

    private static let slots = 2
    /// Of one instance: one that runs and one that waits.
    private static let unfinished = 2

    private let stores: Stores
    private let source: any FlowTestSource
    private let process: any FlowTestExecution
    private let bench: FlowTestBench
    private let bus: EventBus
    private let clock: @Sendable () -> Timestamp
    private let log = Log("flow-tests")
    private var queue: [Waiting] = []
    private var active: [Instance.ID: Active] = [:]
    /// Not ended yet, those included that are about to wait.
    private var unfinished: [FlowTestRun.ID: Instance.ID] = [:]
    /// Why runs are being broken off.
    private var stopped: [FlowTestRun.ID: String] = [:]
    private var isOpen = false
    /// Of this process; an unfinished run that is none of them is of an appliance before this one,
    /// whatever the clock said then.
    private var begun: Set<FlowTestRun.ID> = []

    package init(
        stores: Stores, source: any FlowTestSource, bench: FlowTestBench,
        process: any FlowTestExecution, bus: EventBus,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.stores = stores
        self.source = source
        self.bench = bench
        self.process = process
        self.bus = bus
        self.clock = clock
    }

    /// - Parameters:
    ///   - version: `nil` for the newest.
    ///   - tests: `nil` for all of the instance.
    package func start(
        _ tests: [FlowTest.ID]? = nil, over version: Version.ID? = nil, of id: Instance.ID,
        by actor: Actor
    ) async throws(Fault) -> FlowTestRun {
        let cases = try await cases(tests, of: id)
        let version = try await self.version(version, of: id)
        let run = FlowTestRun(
            id: .random(), instanceID: id, versionID: version.id, versionNumber: version.number,
            startedAt: clock(), by: actor.name,
            result: FlowTestResult(cases: cases.map { FlowTestOutcome(name: $0.name.text) }))
        guard unfinished.values.count(where: { $0 == id }) < Self.unfinished else {
            throw .waiting
        }
        begun.insert(run.id)
        unfinished[run.id] = id
        do throws(StoreError) { try await stores.flowTestRuns.insert(run, by: actor) } catch {
            unfinished[run.id] = nil
            throw .store(error)
        }
        queue.append(Waiting(run: run, cases: cases, version: version))
        publish(run)
        advance()
        return run
    }

    /// Breaks a run off that waits or runs; returns when it has ended.
    package func stop(
        _ id: FlowTestRun.ID, of instance: Instance.ID, by actor: Actor
    ) async throws(Fault) {
        let state: FlowTestRun.State
        do throws(StoreError) {
            state = try await stores.flowTestRuns.get(id, of: instance).state
        } catch { throw .store(error) }
        guard state == .running else { throw .ended }
        let sentence = "It was stopped by \(actor.name)."
        if let index = queue.firstIndex(where: { $0.run.id == id }) {
            var run = queue.remove(at: index).run
            await finish(&run, detail: sentence)
        } else if let running = active[instance], running.run == id {
            stopped[id] = sentence
            running.task.cancel()
            await running.task.value
        } else {
            throw .ended
        }
        do throws(StoreError) {
            try await stores.flowTestRuns.recordStop(of: instance, by: actor)
        } catch { throw .store(error) }
    }

    private func cases(
        _ chosen: [FlowTest.ID]?, of id: Instance.ID
    ) async throws(Fault) -> [FlowTestCase] {
        var tests: [FlowTest] = []
        do throws(StoreError) {
            if let chosen {
                for test in chosen { tests.append(try await stores.flowTests.get(test, of: id)) }
            } else {
                tests = try await stores.flowTests.list(of: id)
            }
        } catch { throw .store(error) }
        guard !tests.isEmpty else { throw .noTests }
        var cases: [FlowTestCase] = []
        for test in tests {
            do throws(ValidationFault) {
                cases.append(try FlowTestCase(validating: test.definition))
            } catch { throw .invalid(name: test.name.text, reason: error.reason) }
        }
        return cases
    }

    private func version(
        _ chosen: Version.ID?, of id: Instance.ID
    ) async throws(Fault) -> Version {
        let found: Version?
        do throws(StoreError) {
            if let chosen {
                found = try await stores.versions.get(chosen, of: id)
            } else {
                // Deploys that were acknowledged a moment ago count.
                await source.drain(id)
                found = try await stores.versions.latest(of: id)
            }
        } catch { throw .store(error) }
        guard let found else { throw .noVersion }
        return found
    }

    /// Begins with what an earlier appliance left behind; ends what runs when it is cancelled.
    package func run() async throws {
        await bench.clear()
        await recover()
        isOpen = true
        advance()
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        isOpen = false
        let tasks = active.values.map(\.task)
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        let waiting = queue
        queue = []
        for var one in waiting { await finish(&one.run, detail: FlowTestProcess.interrupted) }
    }

    private func recover() async {
        let unfinished = (try? await stores.flowTestRuns.unfinished()) ?? []
        for var run in unfinished where !begun.contains(run.id) {
            await finish(&run, detail: FlowTestProcess.interrupted)
        }
    }

    /// Starts what may be started.
    private func advance() {
        guard isOpen else { return }
        while active.count < Self.slots,
            let index = queue.firstIndex(where: { active[$0.run.instanceID] == nil })
        {
            let next = queue.remove(at: index)
            let task = Task {
                await self.perform(next)
                self.active[next.run.instanceID] = nil
                self.advance()
            }
            active[next.run.instanceID] = Active(run: next.run.id, task: task)
        }
    }

    private func perform(_ waiting: Waiting) async {
        var run = waiting.run
        let material: FlowTestMaterial
        do throws(FlowTestMaterial.Fault) {
            material = try await source.material(of: waiting.version)
        } catch {
            await finish(&run, detail: error.sentence)
            return
        }
        for (index, test) in waiting.cases.enumerated() where !Task.isCancelled {
            run.result.cases[index].state = .running
            await keep(run)
            run.result.cases[index] = await process.run(
                FlowTestJob(
                    run: run.id, number: index, test: test, flows: material.flows,
                    definition: material.definition, variables: material.variables))
            if let reason = stopped[run.id], run.result.cases[index].state == .error {
                run.result.cases[index].detail = reason
            }
            await keep(run)
        }
        let reason = stopped[run.id] ?? FlowTestProcess.interrupted
        await finish(&run, detail: Task.isCancelled ? reason : nil)
        stopped[run.id] = nil
    }

    private func finish(_ run: inout FlowTestRun, detail: String? = nil) async {
        run.finish(at: clock(), detail: detail)
        await keep(run)
        unfinished[run.id] = nil
    }

    private func keep(_ run: FlowTestRun) async {
        // Not cancelled with the run: that it was broken off is to be kept too.
        let stores = stores
        let failure = await Task { () -> StoreError? in
            do throws(StoreError) {
                try await stores.flowTestRuns.update(run)
                return nil
            } catch { return error }
        }.value
        if let failure { log.error("The test run \(run.id) could not be kept: \(failure)") }
        publish(run)
    }

    private func publish(_ run: FlowTestRun) {
        bus.publish("instance/\(run.instanceID.text)/tests") { run.json }
    }
}
