import Site
import Testing

@Suite("Login throttle") struct LoginThrottleTests {
    private typealias Attempt = LoginThrottle.Attempt
    private let start = ContinuousClock.now

    private func wait(
        _ throttle: inout LoginThrottle, _ attempt: LoginThrottle.Attempt, after seconds: Int = 0,
        times: Int = 1
    ) -> Duration? {
        var last: Duration?
        for _ in 0..<times { last = throttle.begin(attempt, at: start + .seconds(seconds)) }
        return last
    }

    @Test("Typing errors cost nothing; guesses wait longer and longer, five minutes at most")
    func grows() {
        var throttle = LoginThrottle()
        let attempt = Attempt(account: "anna", address: "10.0.0.1")
        #expect(wait(&throttle, attempt, times: 5) == nil)
        #expect(wait(&throttle, attempt) == .seconds(1))
        #expect(wait(&throttle, attempt, after: 1) == nil)
        #expect(wait(&throttle, attempt, after: 1) == .seconds(2))
        var (time, longest) = (1, Duration.zero)
        for _ in 0..<30 {
            guard let wait = wait(&throttle, attempt, after: time) else { continue }
            longest = max(longest, wait)
            time += Int(wait.components.seconds)
        }
        #expect(longest == .seconds(300))
    }

    @Test("A stranger who guesses at a name from anywhere does not slow its owner down")
    func owner() {
        var throttle = LoginThrottle()
        let home = Attempt(account: "anna", address: "10.0.0.1")
        throttle.succeeded(home, at: start)
        for number in 0..<50 {
            _ = wait(&throttle, Attempt(account: "anna", address: "192.0.2.\(number)"))
        }
        #expect(wait(&throttle, Attempt(account: "anna", address: "192.0.2.99")) != nil)
        #expect(wait(&throttle, home) == nil)
        let device = Attempt(account: "anna", address: "192.0.2.1", device: true)
        #expect(wait(&throttle, device) == nil)
    }

    @Test("An address that tries many names is slowed down for all of them")
    func address() {
        var throttle = LoginThrottle()
        for number in 0..<20 {
            #expect(wait(&throttle, Attempt(account: "user\(number)", address: "192.0.2.1")) == nil)
        }
        #expect(wait(&throttle, Attempt(account: "fresh", address: "192.0.2.1")) != nil)
        #expect(wait(&throttle, Attempt(account: "fresh", address: "192.0.2.2")) == nil)
    }

    @Test("A v6 network counts as one, and a mapped v4 address as itself")
    func networks() {
        #expect(
            Attempt(account: "a", address: "2001:db8::1")
                == Attempt(account: "a", address: "2001:db8::ffff:2"))
        #expect(
            Attempt(account: "a", address: "2001:db8::1")
                != Attempt(account: "a", address: "2001:db8:0:1::1"))
        #expect(
            Attempt(account: "a", address: "::ffff:10.0.0.1")
                == Attempt(account: "a", address: "10.0.0.1"))
    }

    @Test("Even a known device does not guess for ever")
    func device() {
        var throttle = LoginThrottle()
        let device = Attempt(account: "anna", address: "10.0.0.1", device: true)
        #expect(wait(&throttle, device, times: 10) == nil)
        #expect(wait(&throttle, device) != nil)
    }

    @Test("After a quarter of an hour all is forgotten")
    func forgets() {
        var throttle = LoginThrottle()
        let attempt = Attempt(account: "anna", address: "10.0.0.1")
        _ = wait(&throttle, attempt, times: 6)
        #expect(wait(&throttle, attempt, after: 900, times: 5) == nil)
    }

    @Test("A flood of names is remembered in bounded space, and the worst are not forgotten")
    func bounded() {
        var throttle = LoginThrottle()
        let worst = Attempt(account: "anna", address: "10.0.0.1")
        _ = wait(&throttle, worst, times: 6)
        // Two entries each: more than are kept.
        for number in 0..<6_000 {
            let address = "10.\(number >> 16).\(number >> 8 & 255).\(number & 255)"
            _ = wait(&throttle, Attempt(account: "user\(number)", address: address))
        }
        #expect(wait(&throttle, worst) != nil)
    }

    @Test("Without an answer of the password check nothing is counted")
    func undone() {
        var throttle = LoginThrottle()
        let attempt = Attempt(account: "anna", address: "10.0.0.1")
        for _ in 0..<50 {
            #expect(wait(&throttle, attempt) == nil)
            throttle.undo(attempt)
        }
    }
}
