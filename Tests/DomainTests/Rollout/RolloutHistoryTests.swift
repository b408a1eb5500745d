import Basics
import Domain
import Testing

/// Histories that chance writes.
@Suite("Roll-out histories") struct RolloutHistoryTests {
    private func plan(_ dice: inout Dice) -> RolloutPlan {
        RolloutPlan(
            canary: dice.below(4), percent: dice.happens(50) ? [10, 50, 100] : [30, 100],
            successPercent: [100, 50 + dice.below(51)],
            errorsAbsolute: dice.happens(30) ? 1 + dice.below(5) : nil,
            errorPercent: dice.below(60), soakSeconds: dice.below(3) * 100,
            offlineGraceSeconds: 30 + dice.below(100), silenceSeconds: 5_000)
    }

    @Test("No verdict ever goes on over the limit of failures", arguments: 0..<150)
    func neverOverErrors(seed: Int) {
        var dice = Dice(seed: UInt64(seed))
        let plan = plan(&dice)
        var rollout = RolloutFixture(1 + dice.below(40), plan, connected: dice.happens(50))
        var begun = 0
        for _ in 0..<120 {
            let id = rollout.ids[dice.below(rollout.ids.count)]
            switch dice.below(8) {
            case 0: rollout.connect(id, false)
            case 1: rollout.connect(id)
            case 2: rollout.say(id, .fetch, connected: dice.happens(90))
            case 3: rollout.say(id, .waiting)
            case 4: rollout.fail(id)
            case 5, 6: rollout.succeed(id)
            default: rollout.now = rollout.now + .seconds(dice.below(200))
            }
            let sentBefore = rollout.sent.count
            let before = rollout.machine
            rollout.run()
            let after = rollout.machine
            for (step, former) in before.steps.enumerated()
            where former.state == .running && after.steps[step].state == .finished {
                let judge = RolloutJudge(plan: plan, step: step)
                // Reports came before; nothing but absences can change within the run.
                let counts = after.counts(of: step)
                #expect(counts[.failed] < judge.errorLimit(of: counts.judged))
                #expect(counts.judged == 0 || judge.isReached(counts))
            }
            let now = after.steps.count { $0.state != .waiting }
            if now > begun {
                for step in 0..<begun {
                    let judge = RolloutJudge(plan: plan, step: step)
                    let counts = after.counts(of: step)
                    #expect(judge.stop(counts) == nil, "step \(step) of \(plan)")
                }
                begun = now
            }
            if rollout.sent.count > sentBefore {
                #expect(after.deployment.state == .running)
                for id in rollout.sent[sentBefore...] {
                    let device = after.devices.first { $0.id == id }
                    #expect(device.map { after.steps[$0.step].state != .waiting } ?? false)
                }
            }
            if after.deployment.state == .stopping || after.deployment.state == .stopped {
                #expect(rollout.alarms.count == 1)
            }
        }
    }

    @Test("Devices that are away never hold up those that are there", arguments: 0..<150)
    func neverHangs(seed: Int) {
        var dice = Dice(seed: UInt64(seed) &* 77)
        let plan = plan(&dice)
        var rollout = RolloutFixture(1 + dice.below(40), plan, connected: false)
        let share = dice.below(101)
        var away: Set<Device.ID> = []
        for id in rollout.ids {
            if dice.happens(share) { away.insert(id) } else { rollout.connect(id) }
        }
        // Some go while they update; some of those return.
        for _ in 0..<(20 * plan.percent.count + 400) {
            rollout.run()
            guard let wake = rollout.machine.wake(.init(now: rollout.now)) else {
                let open = rollout.machine.devices.filter {
                    $0.state.isUnderWay && !away.contains($0.id)
                }
                if open.isEmpty { break }
                for device in open { rollout.succeed(device.id) }
                continue
            }
            if dice.happens(5), let id = rollout.ids.randomElement(using: &dice) {
                rollout.connect(id, false)
                away.insert(id)
            }
            let open = rollout.machine.devices.filter {
                $0.state.isUnderWay && !away.contains($0.id)
            }
            if open.isEmpty {
                rollout.now = max(rollout.now, wake)
            } else {
                for device in open where dice.happens(60) { rollout.succeed(device.id) }
                rollout.now = rollout.now + .seconds(1)
            }
        }
        for device in rollout.machine.devices where !away.contains(device.id) {
            #expect(device.state == .updated, "\(plan) \(rollout.machine.steps)")
        }
        if away.isEmpty { #expect(rollout.state == .finished) }
    }
}
