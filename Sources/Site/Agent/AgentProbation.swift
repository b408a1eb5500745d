import Domain
import Synchronization

/// Watches a new snapshot until a verdict is due.
final class AgentProbation: Sendable {
    /// From one question to the next: a twentieth of the time, within these.
    private static let pauses = Duration.milliseconds(250)...Duration.seconds(5)

    private let judge: Mutex<ProbationJudge>
    private let pause: Duration?
    private let start = ContinuousClock.now
    private let news: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(
        _ rule: DesiredDocument.Probation, before: Set<String>?, hasContact: Bool
    ) {
        let twentieth = Duration.seconds(rule.seconds) / 20
        pause =
            rule.seconds > 0
            ? min(max(twentieth, Self.pauses.lowerBound), Self.pauses.upperBound) : nil
        judge = Mutex(ProbationJudge(rule, before: before, hasContact: hasContact))
        (news, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// - Returns: `watching` only when the task is cancelled.
    func watch(
        _ runtime: AgentRuntime, _ records: AgentRecords,
        contact: @Sendable () async -> Bool
    ) async -> ProbationJudge.Verdict {
        await runtime.observe { [weak self] status in self?.take(status) }
        records.whenInError { [weak self] record in
            guard let self, let source = record.source else { return }
            judge.withLock {
                $0.error(of: source.id, named: source.name, type: source.type, record.text)
            }
            wake.yield()
        }
        let asking = Task { await self.ask(runtime) }
        defer {
            asking.cancel()
            records.whenInError(nil)
        }
        var timer: Task<Void, Never>?
        var armed: Duration?
        wake.yield()
        for await _ in news {
            if await contact() { judge.withLock { $0.contact() } }
            let (verdict, end) = judge.withLock { ($0.verdict(at: elapsed), $0.endsAt) }
            if verdict != .watching {
                timer?.cancel()
                await runtime.observe(nil)
                return verdict
            }
            guard end != armed else { continue }
            armed = end
            timer?.cancel()
            timer = end.map { end in
                Task { [wake, left = end - elapsed] in
                    try? await Task.sleep(for: left + .milliseconds(10))
                    wake.yield()
                }
            }
        }
        timer?.cancel()
        await runtime.observe(nil)
        return .watching
    }

    /// How late it answers is how late its event loop is.
    private func ask(_ runtime: AgentRuntime) async {
        guard let pause else { return }
        while !Task.isCancelled {
            do { try await Task.sleep(for: pause) } catch { return }
            guard runtime.status?.state == .running else { continue }
            let delay = await runtime.answerDelay()
            // Whatever ended it meanwhile is judged by itself.
            guard !Task.isCancelled, runtime.status?.state == .running else { continue }
            judge.withLock { $0.answer(after: delay) }
            wake.yield()
        }
    }

    private var elapsed: Duration { ContinuousClock.now - start }

    private func take(_ status: InstanceStatus) {
        judge.withLock {
            $0.state(
                status.state, detail: status.detail, restarts: status.restarts, at: elapsed)
            if let lag = status.usage?.lagMilliseconds, status.state == .running { $0.lag(lag) }
        }
        wake.yield()
    }
}
