import Basics
package import Domain
import Processes

/// Runs one case to its end.
package protocol FlowTestExecution: Sendable {
    /// A cancelled task ends it at once.
    func run(_ job: FlowTestJob) async -> FlowTestOutcome
}

/// In a Node-RED of its own, whatever the flow does meanwhile.
package struct FlowTestProcess: FlowTestExecution {
    /// Beyond what the runner inside gives itself.
    private static let grace = Duration.seconds(15)

    private let bench: FlowTestBench
    /// `nil`: as long as the case may take.
    private let limit: Duration?
    private let isFenced: Bool

    /// - Parameter isFenced: whether the kernel keeps what it starts from the files of others.
    package init(
        bench: FlowTestBench, limit: Duration? = nil,
        isFenced: Bool = SpawnRequest.Fence.holdsFiles
    ) {
        self.bench = bench
        self.limit = limit
        self.isFenced = isFenced
    }

    package static let unfenced =
        "This ran without a fence around files: the kernel of this server has no Landlock."

    package func run(_ job: FlowTestJob) async -> FlowTestOutcome {
        if let lack = await bench.lack(of: job) { return failed(job, lack) }
        let place: FlowTestPlace
        do throws(SystemError) { place = try await bench.prepare(job) } catch {
            return failed(job, error.isFull ? "The disk is full." : "\(error)")
        }
        var outcome = await run(job, in: place)
        await bench.remove(place)
        if !isFenced { outcome.log.insert(Self.unfenced, at: 0) }
        return outcome
    }

    private func run(_ job: FlowTestJob, in place: FlowTestPlace) async -> FlowTestOutcome {
        let end = ContinuousClock.now + (limit ?? job.test.timeLimit + Self.grace)
        for _ in 0...job.test.restarts {
            guard !Task.isCancelled else { break }
            let child: ChildProcess
            do throws(InstanceTrouble) { child = try await bench.launch(job, in: place) } catch {
                return failed(job, error.sentence)
            }
            let exit = await exit(of: child, before: end)
            let isLate = ContinuousClock.now >= end
            let (object, stuck) = await bench.result(in: place)
            if object?["state"]?.string == "restart", exit == .code(0), !isLate { continue }
            return await outcome(job, in: place, exit, object, stuck: stuck, isLate: isLate)
        }
        let (object, _) = await bench.result(in: place)
        var outcome = FlowTestOutcome(
            name: job.test.name.text, state: .error, written: object ?? JSONObject())
        outcome.detail = Task.isCancelled ? Self.interrupted : "Node-RED was started too often."
        return outcome
    }

    package static let interrupted = "Interrupted: Lineside was stopped meanwhile."

    private func exit(
        of child: ChildProcess, before end: ContinuousClock.Instant
    ) async -> ExitStatus {
        let timer = Task {
            try? await Task.sleep(until: end)
            if !Task.isCancelled { child.signalGroup(9) }
        }
        defer { timer.cancel() }
        return await withTaskCancellationHandler {
            await child.exit()
        } onCancel: {
            child.signalGroup(9)
        }
    }

    private func outcome(
        _ job: FlowTestJob, in place: FlowTestPlace, _ exit: ExitStatus, _ object: JSONObject?,
        stuck: String?, isLate: Bool
    ) async -> FlowTestOutcome {
        let written = object?["state"]?.string.flatMap(FlowTestOutcome.State.init)
        var outcome = FlowTestOutcome(
            name: job.test.name.text, state: written ?? .error, written: object ?? JSONObject())
        if outcome.state.isFinal, object != nil { return outcome }
        outcome.state = .error
        let step = outcome.steps.count + 1
        let inStep = step <= job.test.steps ? " in step \(step)" : ""
        if Task.isCancelled {
            outcome.detail = Self.interrupted
        } else if let stuck {
            outcome.detail = "\(stuck) It was\(inStep.isEmpty ? " at the end" : inStep)."
        } else if isLate {
            outcome.detail = "The test did not end in time; it was\(inStep)."
        } else {
            let memory = job.definition.settings.memoryLimitMB
            outcome.detail =
                switch exit {
                case .signal(6): "Node-RED ran out of memory (\(memory) MB)\(inStep)."
                case .signal(25): "A file grew beyond 256 MB\(inStep)."
                case .signal(let signal): "Node-RED was ended by signal \(signal)\(inStep)."
                case .code(let code) where object == nil:
                    "Node-RED could not be started: it ended with code \(code)."
                case .code(let code): "Node-RED ended by itself, with code \(code),\(inStep)."
                case .unknown: "Node-RED ended, and nobody knows how\(inStep)."
                }
            outcome.log += await bench.lastLines(in: place)
        }
        return outcome
    }

    private func failed(_ job: FlowTestJob, _ sentence: String) -> FlowTestOutcome {
        FlowTestOutcome(name: job.test.name.text, state: .error, detail: sentence)
    }
}
