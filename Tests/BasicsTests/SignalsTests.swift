import Basics
import Glibc
import Testing

@Suite("Signals", .timeLimit(.minutes(10))) struct SignalsTests {
    @Test("A caught signal arrives and the process lives on")
    func caught() async throws {
        var signals = try Signals.caught([SIGUSR2, SIGWINCH]).makeAsyncIterator()
        kill(getpid(), SIGUSR2)
        #expect(await signals.next() == SIGUSR2)
        kill(getpid(), SIGWINCH)
        #expect(await signals.next() == SIGWINCH)
    }
}
