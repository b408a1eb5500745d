import Basics
import LinesideTesting
import Testing

@testable import Site

@Suite("What time a device takes it to be")
struct AgentClockTests {
    private let directory: TemporaryDirectory
    private let noon = Timestamp(milliseconds: 1_800_000_000_000)

    init() throws { directory = try TemporaryDirectory() }

    @Test("a message that was long on its way sets it back by nothing", arguments: [0, 1])
    func late(_ system: Int64) {
        let clock = AgentClock(AgentPaths(directory.path)) {
            // 1970, or 50 years ahead.
            Timestamp(milliseconds: system * 3_400_000_000_000)
        }
        clock.heard(noon)
        #expect(clock.now() >= noon)
        #expect(clock.now() < noon + .seconds(3600))
        clock.heard(noon - .seconds(86_400))
        #expect(clock.now() >= noon)
        clock.heard(noon + .seconds(7200))
        #expect(clock.now() >= noon + .seconds(7200))
    }

    @Test("an answer of the appliance sets it right in both directions")
    func answer() {
        let clock = AgentClock(AgentPaths(directory.path))
        clock.learned(noon)
        clock.learned(noon - .seconds(86_400))
        #expect(clock.now() < noon)
        clock.learned(noon)
        #expect(clock.now() >= noon)
    }
}
