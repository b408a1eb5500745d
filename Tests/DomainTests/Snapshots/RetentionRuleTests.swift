import Basics
import Domain
import Testing

@Suite("Retention") struct RetentionRuleTests {
    let now = Timestamp(milliseconds: 1_800_000_000_000)

    func versions(_ ages: [Int], _ change: (inout RetentionRule.Facts) -> Void = { _ in })
        -> [RetentionRule.Facts]
    {
        ages.enumerated().map { index, days in
            var facts = RetentionRule.Facts(
                id: .random(), number: index + 1, at: now - .seconds(days * 86_400))
            change(&facts)
            return facts
        }
    }

    func gone(_ count: Int, _ days: Int, _ versions: [RetentionRule.Facts]) -> [Int] {
        RetentionRule(keepVersions: count, keepDays: days)
            .removable(versions.shuffled(), now: now).map(\.number)
    }

    @Test("What is both old and not among the newest goes, the oldest first")
    func both() {
        let versions = versions([50, 40, 30, 20, 10, 0])
        #expect(gone(2, 15, versions) == [1, 2, 3, 4])
        #expect(gone(4, 15, versions) == [1, 2])
        #expect(gone(2, 35, versions) == [1, 2])
        #expect(gone(100, 0, versions).isEmpty)
        #expect(gone(1, 100, versions).isEmpty)
        #expect(gone(1, 50, versions).isEmpty)
    }

    @Test("What is pinned, named by a snapshot or held stays, and counts among the newest")
    func kept() {
        for keep in [
            \RetentionRule.Facts.isPinned, \.hasSnapshot, \.isHeld,
        ] {
            let versions = versions([50, 40, 30, 20, 10]) {
                if $0.number == 2 || $0.number == 5 { $0[keyPath: keep] = true }
            }
            #expect(gone(2, 0, versions) == [1, 3])
        }
    }

    @Test("The newest version always stays, whatever the rule and the clock say")
    func newest() {
        #expect(gone(0, 0, versions([50, 40])) == [1])
        #expect(gone(1, 0, versions([50])) == [])
        #expect(gone(1, 0, []) == [])
    }

    @Test("What is dated in the future is young")
    func future() {
        #expect(gone(1, 0, versions([-500, 20, 10])) == [2])
    }

    @Test("An instance's own numbers come before those of the site, one by one")
    func own() {
        let site = RetentionRule(keepVersions: 10, keepDays: 20)
        #expect(site.with(InstanceSettings()) == site)
        #expect(
            site.with(InstanceSettings(keepVersions: 3))
                == RetentionRule(keepVersions: 3, keepDays: 20))
        #expect(
            site.with(InstanceSettings(keepDays: 0))
                == RetentionRule(keepVersions: 10, keepDays: 0))
    }
}
