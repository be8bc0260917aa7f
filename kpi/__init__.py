"""政务服务效能看板: from export files of the service systems to figures judged against stated targets."""
