import Testing

@testable import Site

@Suite("Drops of the broker") struct DropWatchTests {
    private let start = ContinuousClock.now

    @Test("What is lost is told, and is over when nothing more is for a while")
    func lost() {
        var watch = DropWatch()
        #expect(watch.see(7, start) == nil)
        #expect(watch.see(7, start + .seconds(2)) == nil)
        #expect(watch.see(9, start + .seconds(4)) == .raise(9))
        #expect(watch.see(9, start + DropWatch.memory) == nil)
        #expect(watch.see(9, start + DropWatch.memory + .seconds(5)) == .clear)
        #expect(watch.see(9, start + DropWatch.memory * 3) == nil)
    }

    @Test("What a former start of the appliance has raised is over too")
    func former() {
        var watch = DropWatch()
        #expect(watch.see(7, start) == nil)
        #expect(watch.see(7, start + DropWatch.memory + .seconds(1)) == .clear)
    }

    @Test("A broker that was started anew counts from zero")
    func anew() {
        var watch = DropWatch()
        #expect(watch.see(9, start) == nil)
        #expect(watch.see(0, start) == nil)
        #expect(watch.see(2, start) == .raise(2))
        #expect(watch.see(1, start) == .raise(1))
    }
}
