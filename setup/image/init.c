// /init of the enclave: the first process. It makes the few file systems that .NET expects and then
// becomes the sequencer, which so is process 1: when that ends, the kernel panics, and with
// "panic=1 reboot=t" on its command line the enclave is over. There is no shell and no second
// program.
//
// What goes wrong is one line on the console and the same end. Nothing is inherited, neither
// arguments nor environment: words on the kernel's command line that the kernel does not know
// become one or the other, and a hypervisor may append to that line after it was measured.
//
// Compiled against the nolibc of the kernel's own source (tools/include/nolibc): no libc, a few KB.

#include <linux/mount.h>

static void say(const char *text)
{
    write(2, text, strlen(text));
}

static int fail(const char *step)
{
    say("init: ");
    say(step);
    say(" failed, errno ");
    say(itoa(errno));
    say("; the enclave ends\n");
    return 1; // the end of process 1 is the end of the enclave
}

// Input from the console would be input from the hypervisor: the program reads an empty file.
// Output is seen only on the console of an enclave in debug mode.
static int open_console(void)
{
    int empty = open("/dev/null", O_RDONLY);
    int console = open("/dev/console", O_WRONLY);
    if (empty < 0 || console < 0)
        return -1;
    if (dup2(empty, 0) < 0 || dup2(console, 1) < 0 || dup2(console, 2) < 0)
        return -1;
    if (empty > 2)
        close(empty);
    if (console > 2)
        close(console);
    return 0;
}

int main(void)
{
    static char *const arguments[] = { "sequencer-enclave", NULL };
    static char *const environment[] = {
        "HOME=/tmp",
        "DOTNET_EnableDiagnostics=0", // no debugger, no profiler, no diagnostics socket
        "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1", // read by the thread that waits for it
        "DOTNET_gcServer=0",          // one heap: it is small, and there are few processors
        NULL,
    };

    if (mount("dev", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, NULL) < 0)
        return fail("mounting /dev");
    if (open_console() < 0)
        return fail("opening the console");
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        return fail("mounting /proc");
    if (mount("sys", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL) < 0)
        return fail("mounting /sys");
    if (mount("tmp", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=16m,mode=0700") < 0)
        return fail("mounting /tmp");
    // What was measured stays as it was measured.
    if (mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
        return fail("making / read-only");

    execve("/sequencer-enclave", arguments, environment);
    return fail("starting /sequencer-enclave");
}
