package import Net

extension EventLoop.Options {
    /// By a clock that nobody moves: on a machine that is slow no limit of time is ever reached.
    package static var standing: EventLoop.Options {
        var options = EventLoop.Options()
        options.clock = .manual()
        return options
    }
}
