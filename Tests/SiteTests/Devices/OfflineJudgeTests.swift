import Basics
import Domain
import Site
import Testing

@Suite("Offline devices") struct OfflineJudgeTests {
    private static let ready = OfflineJudge.settling
    private static let grace = OfflineJudge.grace

    private static func judge() -> OfflineJudge {
        var judge = OfflineJudge()
        judge.link(isUp: true, .zero)
        return judge
    }

    @Test("A device that comes back within the grace is no alarm; one that stays away is one")
    func grace() {
        var judge = Self.judge()
        let id = Device.ID.random()
        judge.left(id, Self.ready)
        #expect(judge.judge(Self.ready + .seconds(10)) == [])
        #expect(judge.came(id) == [])
        judge.left(id, Self.ready + .seconds(20))
        let later = Self.ready + .seconds(20) + Self.grace
        #expect(judge.judge(later) == [.raise(id)])
        #expect(judge.judge(later + .seconds(60)) == [])
        #expect(judge.came(id) == [.clear(id)])
    }

    @Test("While the broker itself is away nobody is judged, and then all have time to come back")
    func brokerAway() {
        var judge = Self.judge()
        let ids = (0..<3_000).map { _ in Device.ID.random() }
        judge.link(isUp: false, Self.ready)
        for id in ids { judge.left(id, Self.ready) }
        #expect(judge.judge(Self.ready + .seconds(3_600)) == [])
        let up = Self.ready + .seconds(4_000)
        judge.link(isUp: true, up)
        #expect(judge.judge(up + .seconds(30)) == [])
        for id in ids { #expect(judge.came(id) == []) }
        #expect(judge.judge(up + OfflineJudge.settling) == [])
    }

    @Test("A whole cell is one alarm, and what is left of it are single ones")
    func crowd() {
        var judge = Self.judge()
        let ids = (0..<500).map { _ in Device.ID.random() }
        for id in ids { judge.left(id, Self.ready) }
        let due = Self.ready + Self.grace
        #expect(judge.judge(due) == [.raiseMany(500)])
        #expect(judge.judge(due) == [])
        for id in ids.dropFirst(30) { #expect(judge.came(id) == []) }
        #expect(judge.judge(due) == [.raiseMany(30)])
        for id in ids[10..<30] { _ = judge.came(id) }
        let left = judge.judge(due)
        #expect(left.count == 11 && left.last == .clearMany)
        #expect(Set(left.dropLast().map { "\($0)" }).count == 10)
    }

    @Test("An alarm of before a restart is cleared when the device comes back")
    func restarted() {
        let id = Device.ID.random()
        var judge = OfflineJudge(raised: [id])
        #expect(judge.came(id) == [.clear(id)])
    }
}
