/*
 * The program of a test image: gives whoever connects to vsock port 5005 the NSM itself, so that
 * tests outside of the virtual machine see what a guest's driver sees. One connection at a time.
 *
 * Request: u32 length, that many bytes. Answer: i32 length, that many bytes; or, where the driver
 * refused, as it does above 4096 bytes, its errno as a negative number.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 5005
#define REQUEST_MAX 0x2000
#define ANSWER_MAX 0x3000

struct nsm_message {
    uint64_t request, request_length, answer, answer_length;
};

static int transfer(int peer, void *bytes, uint32_t length, int writes)
{
    for (uint32_t at = 0; at < length;) {
        char *next = (char *)bytes + at;
        ssize_t n = writes ? write(peer, next, length - at) : read(peer, next, length - at);
        if (n <= 0)
            return 0;
        at += (uint32_t)n;
    }
    return 1;
}

static void serve(int peer, int nsm)
{
    static char request[REQUEST_MAX], answer[ANSWER_MAX];
    uint32_t length;

    while (transfer(peer, &length, sizeof length, 0)) {
        struct nsm_message message = {
            (uintptr_t)request, ntohl(length), (uintptr_t)answer, sizeof answer,
        };
        if (message.request_length > sizeof request ||
            !transfer(peer, request, (uint32_t)message.request_length, 0))
            return;
        if (ioctl(nsm, _IOWR(0x0A, 0, struct nsm_message), &message) != 0)
            message.answer_length = (uint64_t)-errno;
        length = htonl((uint32_t)message.answer_length);
        if (!transfer(peer, &length, sizeof length, 1))
            return;
        if ((int32_t)message.answer_length > 0 &&
            !transfer(peer, answer, (uint32_t)message.answer_length, 1))
            return;
    }
}

static int fail(const char *what)
{
    perror(what);
    return 1;
}

int main(void)
{
    struct sockaddr_vm address = {
        .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = PORT,
    };
    int nsm = open("/dev/nsm", O_RDWR);
    int listener = socket(AF_VSOCK, SOCK_STREAM, 0);

    if (nsm < 0)
        return fail("/dev/nsm");
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 4) != 0)
        return fail("vsock");
    for (;;) {
        int peer = accept(listener, NULL, NULL);
        if (peer < 0)
            return fail("accept");
        serve(peer, nsm);
        close(peer);
    }
}
