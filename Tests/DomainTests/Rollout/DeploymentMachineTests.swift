import Basics
import Domain
import Testing

@Suite("Deployment machine") struct DeploymentMachineTests {
    private let quick = RolloutPlan(soakSeconds: 0, offlineGraceSeconds: 60)

    @Test("A canary, a tenth, and the rest: each when the one before has gone well")
    func steps() {
        var rollout = RolloutFixture(30, RolloutPlan(soakSeconds: 600))
        rollout.run()
        #expect(rollout.sent == [rollout.ids[0]])
        rollout.succeed(rollout.ids[0])
        rollout.wait(599)
        #expect(rollout.sent.count == 1, "it is still watched")
        rollout.wait(601)
        #expect(rollout.sent.count == 3)
        for id in rollout.ids[1...2] { rollout.succeed(id) }
        rollout.run()
        rollout.wait(600)
        #expect(rollout.sent.count == 30)
        for id in rollout.ids { rollout.succeed(id) }
        rollout.run()
        rollout.wait(600)
        #expect(rollout.state == .finished)
        #expect(rollout.machine.wake(.init(now: rollout.now)) == nil)
    }

    @Test("One failure in the canary stops everything, and what is only fetched is taken back")
    func canaryFails() {
        var rollout = RolloutFixture(
            10, RolloutPlan(canary: 3, successPercent: [100], soakSeconds: 0))
        rollout.run()
        #expect(rollout.sent.count == 3)
        rollout.say(rollout.ids[1], .fetch)
        rollout.say(rollout.ids[2], .probation)
        rollout.fail(rollout.ids[0])
        rollout.run()
        #expect(rollout.state == .stopping, "one is being switched")
        #expect(rollout.recalled == [rollout.ids[1]])
        #expect(rollout.alarms.count == 1)
        rollout.succeed(rollout.ids[2])
        rollout.run()
        #expect(rollout.state == .stopped)
        #expect(rollout.sent.count == 3)
    }

    @Test("Failures are judged before successes: enough of both is a stop")
    func errorsFirst() {
        let plan = RolloutPlan(
            canary: 0, percent: [50, 100], successPercent: [50], errorPercent: 30,
            soakSeconds: 0)
        var rollout = RolloutFixture(20, plan)
        rollout.run()
        for id in rollout.ids[0..<7] { rollout.succeed(id) }
        for id in rollout.ids[7..<10] { rollout.fail(id) }
        rollout.run()
        #expect(rollout.state == .stopped)
        #expect(rollout.sent.count == 10)
    }

    @Test("Who is away is set apart, blocks nobody, and gets it when it returns")
    func offline() {
        var rollout = RolloutFixture(10, quick)
        rollout.connect(rollout.ids[3], false)
        rollout.run()
        rollout.succeed(rollout.ids[0])
        rollout.run()
        rollout.wait(60)
        for id in rollout.ids where id != rollout.ids[3] { rollout.succeed(id) }
        rollout.run()
        #expect(rollout.device(3).state == .offline)
        #expect(rollout.state == .running, "it stands until all have it")
        #expect(rollout.machine.steps.allSatisfy { $0.state == .finished })
        rollout.connect(rollout.ids[3])
        rollout.run()
        #expect(rollout.sent.last == rollout.ids[3])
        rollout.succeed(rollout.ids[3])
        rollout.run()
        #expect(rollout.state == .finished)
    }

    @Test("Where the whole canary is away, others that are there prove the snapshot first")
    func emptyCanary() {
        var rollout = RolloutFixture(10, quick)
        rollout.connect(rollout.ids[0], false)
        rollout.run()
        rollout.wait(60)
        #expect(rollout.sent.count == 1)
        #expect(rollout.sent != [rollout.ids[0]])
        rollout.fail(rollout.sent[0])
        rollout.run()
        #expect(rollout.state == .stopped)
    }

    @Test("With nobody there it waits, and goes on with the first that comes")
    func nobody() {
        var rollout = RolloutFixture(4, quick, connected: false)
        rollout.run()
        rollout.wait(60)
        #expect(rollout.sent == [])
        #expect(rollout.state == .running)
        rollout.connect(rollout.ids[2])
        rollout.run()
        #expect(rollout.sent == [rollout.ids[2]])
    }

    @Test("“Not now” is shown with its reason, never a failure and never a go-ahead")
    func busy() {
        var rollout = RolloutFixture(2, quick)
        rollout.run()
        // Between "all is here" and "go" nobody says anything.
        rollout.say(rollout.ids[0], .waiting)
        #expect(rollout.device(0).state == .updating)
        rollout.say(rollout.ids[0], .waiting, reason: "The furnace is loaded.")
        rollout.wait(100_000)
        #expect(rollout.device(0).state == .busy)
        #expect(rollout.device(0).text == "The furnace is loaded.")
        #expect(rollout.sent.count == 1)
        rollout.say(rollout.ids[0], .switch)
        rollout.succeed(rollout.ids[0])
        rollout.run()
        #expect(rollout.sent.count == 2)
    }

    @Test("A window that closes lets the device in hand finish and holds the rest")
    func window() {
        var rollout = RolloutFixture(3, RolloutPlan(canary: 1, percent: [100], soakSeconds: 0))
        let next = rollout.now + .seconds(90_000)
        rollout.window = .closed(next: next)
        rollout.run()
        #expect(rollout.sent == [])
        #expect(rollout.machine.wake(.init(now: rollout.now, window: rollout.window)) == next)
        let opening = MaintenanceWindow.Opening(from: rollout.now, to: rollout.now + .seconds(100))
        rollout.window = .open(opening)
        rollout.updateSeconds = 30
        rollout.run()
        #expect(rollout.sent.count == 1)
        rollout.wait(80)
        rollout.succeed(rollout.ids[0])
        rollout.run()
        #expect(rollout.sent.count == 1, "20 seconds are not enough for the next")
        #expect(rollout.machine.deployment.reason?.contains("30 seconds") == true)
        rollout.window = .open(.init(from: next, to: next + .seconds(100)))
        rollout.now = next
        for id in rollout.ids { rollout.connect(id) }
        rollout.run()
        #expect(rollout.sent.count == 3)
    }

    @Test("A device that said “not now” all through its window is told of the next one")
    func missedWindow() {
        var rollout = RolloutFixture(1, quick)
        rollout.window = .open(.init(from: rollout.now, to: rollout.now + .seconds(100)))
        rollout.run()
        rollout.say(rollout.ids[0], .waiting, reason: "The press is closed.")
        rollout.window = .closed(next: rollout.now + .seconds(1_000))
        rollout.wait(100)
        #expect(rollout.sent.count == 1)
        rollout.window = .open(
            .init(from: rollout.now + .seconds(900), to: rollout.now + .seconds(1_000)))
        rollout.wait(900)
        #expect(rollout.sent.count == 2)
    }

    @Test("Old news of a device that was told again change nothing")
    func staleReports() {
        var rollout = RolloutFixture(1, quick)
        rollout.run()
        let id = rollout.ids[0]
        rollout.machine.observe(
            DeviceStanding(
                id: id, isConnected: true, seenAt: rollout.now, state: .running,
                snapshotID: rollout.target, revision: 1, phase: .failed, phaseRevision: 1),
            at: rollout.now)
        rollout.run()
        #expect(rollout.device(0).state == .sent)
        #expect(rollout.state == .running)
    }

    @Test("A device that ran it well and crashes while it is watched has failed")
    func lateCrash() {
        var rollout = RolloutFixture(5, RolloutPlan(soakSeconds: 600))
        rollout.run()
        rollout.succeed(rollout.ids[0])
        rollout.wait(300)
        rollout.say(rollout.ids[0], .idle, .crashed, runs: rollout.target)
        rollout.run()
        #expect(rollout.state == .stopped)
        #expect(rollout.sent.count == 1)
    }

    @Test("A connected device that makes no progress has failed in the end")
    func silence() {
        var rollout = RolloutFixture(1, RolloutPlan(silenceSeconds: 100))
        rollout.run()
        rollout.wait(99)
        rollout.say(rollout.ids[0], .fetch)
        rollout.wait(99)
        #expect(rollout.device(0).state == .updating)
        rollout.wait(1)
        #expect(rollout.device(0).state == .failed)
    }

    @Test("Paused it holds, resumed it goes on, cancelled it takes back")
    func orders() throws {
        var rollout = RolloutFixture(5, RolloutPlan(canary: 0, percent: [100], soakSeconds: 0))
        try rollout.order(.pause)
        #expect(rollout.sent == [])
        #expect(throws: DeploymentRefusal.self) { try rollout.order(.pause) }
        try rollout.order(.resume)
        #expect(rollout.sent.count == 5)
        rollout.succeed(rollout.ids[0])
        try rollout.order(.cancel)
        #expect(rollout.state == .cancelled)
        #expect(Set(rollout.recalled) == Set(rollout.ids[1...]))
        #expect(throws: DeploymentRefusal.self) { try rollout.order(.resume) }
    }

    @Test("Failures can be tried again, and what is updated can be returned")
    func retryAndReturn() throws {
        var rollout = RolloutFixture(2, RolloutPlan(canary: 2, soakSeconds: 0))
        rollout.run()
        rollout.succeed(rollout.ids[0])
        rollout.fail(rollout.ids[1])
        rollout.run()
        #expect(rollout.state == .stopped)
        try rollout.order(.retryFailed)
        #expect(rollout.state == .running)
        #expect(rollout.sent.last == rollout.ids[1])
        #expect(rollout.alarms == [])
        rollout.fail(rollout.ids[1])
        rollout.run()
        #expect(rollout.state == .stopped)
        try rollout.order(.returnUpdated)
        #expect(Set(rollout.recalled) == Set(rollout.ids))
        for id in rollout.ids { rollout.say(id, .idle, runs: rollout.former) }
        rollout.run()
        #expect(rollout.device(0).state == .returned)
        #expect(rollout.device(1).state == .returned)
        #expect(!rollout.machine.isActive)
    }

    @Test("What a newer deployment takes over, or somebody moves, is waited for no more")
    func takenOver() {
        var rollout = RolloutFixture(3, RolloutPlan(canary: 0, percent: [100], soakSeconds: 0))
        rollout.run()
        rollout.succeed(rollout.ids[0])
        rollout.machine.supersede([rollout.ids[1]], by: "Newer", at: rollout.now)
        rollout.machine.remove([rollout.ids[2]], at: rollout.now)
        rollout.run()
        #expect(rollout.state == .finished)
        #expect(rollout.device(1).text?.contains("Newer") == true)
    }

    @Test("A stopped device proves nothing: it is set apart, and gets it when it is started")
    func stopped() {
        var rollout = RolloutFixture(2, RolloutPlan(canary: 0, percent: [100], soakSeconds: 0))
        rollout.run()
        rollout.say(rollout.ids[0], .waiting, .stopped, reason: AgentTransaction.off)
        rollout.succeed(rollout.ids[1])
        rollout.run()
        #expect(rollout.device(0).state == .developer)
        #expect(rollout.device(0).text == AgentTransaction.off)
        #expect(rollout.state == .running)
        rollout.say(rollout.ids[0], .fetch)
        #expect(rollout.device(0).state == .updating)
        rollout.succeed(rollout.ids[0])
        rollout.run()
        #expect(rollout.state == .finished)
    }

    @Test("A device that somebody works on is set apart, and gets it when that is over")
    func developer() {
        var rollout = RolloutFixture(3, RolloutPlan(canary: 0, percent: [100], soakSeconds: 0))
        rollout.work(on: rollout.ids[0])
        rollout.run()
        #expect(rollout.device(0).state == .developer)
        #expect(rollout.device(0).text?.contains("works on it") == true)
        #expect(rollout.sent == [rollout.ids[1], rollout.ids[2]])
        // One that was told already, and takes nothing now.
        rollout.work(on: rollout.ids[1])
        rollout.succeed(rollout.ids[2])
        rollout.run()
        #expect(rollout.device(1).state == .developer)
        #expect(rollout.state == .running)
        rollout.wait(1_000_000)
        #expect(rollout.device(0).state == .developer)
        rollout.work(on: rollout.ids[0], .autonomous)
        rollout.work(on: rollout.ids[1], .autonomous)
        rollout.run()
        #expect(rollout.device(0).state == .sent)
        rollout.succeed(rollout.ids[0])
        rollout.succeed(rollout.ids[1])
        rollout.run()
        #expect(rollout.state == .finished)
    }

    @Test("It waits for approval where it was asked to")
    func approval() throws {
        var rollout = RolloutFixture(1, quick)
        let made = rollout.machine.deployment
        var fresh = made
        fresh.state = .ready
        rollout.machine = DeploymentMachine(fresh, members: rollout.ids, now: rollout.now)
        rollout.connect(rollout.ids[0])
        rollout.machine.start(at: rollout.now, needsApproval: true)
        rollout.run()
        #expect(rollout.state == .awaitingApproval)
        #expect(rollout.sent == [])
        // Who started it is not somebody else.
        #expect(throws: DeploymentRefusal.self) {
            try rollout.machine.take(.approve, by: .user(.random(), name: "anna"), at: rollout.now)
        }
        #expect(rollout.state == .awaitingApproval)
        try rollout.order(.approve)
        #expect(rollout.sent.count == 1)
    }

    @Test(
        "A plan cuts devices into steps, none of them empty",
        arguments: [
            (1, 1, [10, 100], [1]), (3, 1, [10, 100], [1, 2]), (10, 1, [10, 100], [1, 9]),
            (100, 1, [10, 100], [1, 9, 90]), (100, 0, [50, 100], [50, 50]),
            (2, 5, [100], [2]), (0, 1, [100], []), (1000, 5, [1, 10, 100], [5, 5, 90, 900]),
        ])
    func sizes(count: Int, canary: Int, percent: [Int], sizes: [Int]) {
        #expect(RolloutPlan(canary: canary, percent: percent).steps(of: count) == sizes)
    }
}
